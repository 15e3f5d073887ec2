extension MistakeCases {
    private static let beginning = "A flow begins with From(...) or with the name of another flow"

    /// Stages where they cannot stand.
    static let misplaced: [CompileCase] =
        [
            ("Map { (r: Reading) in r }", "map"), ("Filter { (r: Reading) in r.value > 0 }", "filter"),
            (#"KeyBy(\Reading.sensor)"#, "key"), ("Tumbling(every: .seconds(1))", "window"), ("Count()", "aggregate"),
            (#"Sum(\Reading.value)"#, "sum"), ("Persist(topic: \"recorded\")", "record"), ("Smooth()", "operator"),
            ("Smooth().parallelism(2)", "operator with options"),
        ].map { stage, name in
            .flow("flow that begins with \(name)", opening: beginning, "\(stage)\nTo(alarms)")
        } + others

    private static let others: [CompileCase] = [
        .flow("flow without stages", opening: beginning, ""),
        .flow("flow that is only a sink", opening: beginning, "To(alarms)"),
        .flow(
            "flow that begins with a window operator", opening: "A window operator needs a window before it",
            "Total()\nTo(Kept<Double>())"),
        .flow(
            "stage behind the sink", opening: "Nothing can follow To",
            "From(readings, disorder: .ascending)\nTo(alarms)\nFilter { (r: Reading) in r.value > 0 }"),
        .flow(
            "two sinks", opening: "Nothing can follow To",
            "From(readings, disorder: .ascending)\nTo(alarms)\nTo(alarms)"),
        .flow(
            "two sources", opening: "From(...) and the names of flows stand at the beginning of a flow only",
            "From(readings, disorder: .ascending)\nFrom(alarms, disorder: .ascending)\nTo(alarms)"),
        .flow(
            "two sources of a keyed flow",
            opening: "From(...) and the names of flows stand at the beginning of a flow only",
            "From(readings, disorder: .ascending)\nKeyBy(\\Reading.sensor)\nFrom(alarms, disorder: .ascending)"),
        .flow(
            "operator on a keyed stream", opening: "An operator takes a stream without keys: put it before KeyBy(...)",
            "From(readings, disorder: .ascending)\nKeyBy(\\Reading.sensor)\nSmooth()"),
        .flow(
            "watermark of a keyed stream", opening: "Watermark(...) belongs to a source: put it before KeyBy(...)",
            "From(readings, disorder: .ascending)\nKeyBy(\\Reading.sensor)\nWatermark(.ascending)"),
        .flow(
            "record of a keyed stream", opening: "Persist records a stream without keys: put it before KeyBy(...)",
            "From(readings, disorder: .ascending)\nKeyBy(\\Reading.sensor)\nPersist(topic: \"recorded\")"),
        .statements(
            "flow in the middle of a flow",
            #"""
            let other = Flow("other") { From(readings, disorder: .ascending) }
            _ = Flow("f") {  // ERROR: From(...) and the names of flows stand at the beginning of a flow only
                From(readings, disorder: .ascending)
                other
                To(alarms)
            }
            """#),
        .statements(
            "flow with a sink as a source",
            #"""
            let other = Flow("other") {
                From(readings, disorder: .ascending)
                To(alarms)
            }
            _ = Flow("f") {  // ERROR: This flow ends in a sink: name what comes before its To(...) and use that name in both
                other
                To(alarms)
            }
            """#),
        .statements(
            "flow with a mistake as a source",
            #"""
            let other = Flow("other") {  // ERROR: Count needs a window: put Tumbling(...), Sliding(...) or Session(...) before it
                From(readings, disorder: .ascending)
                Count()
            }
            _ = Flow("f") {
                other
                To(alarms)
            }
            """#),
    ]

    /// What the body of a pipeline cannot hold.
    static let pipelines: [CompileCase] = [
        .body(
            "flow without a sink",
            #"""
            Flow("open") {  // ERROR: This flow has no sink: end it with To(...), or give it a name with `let` and use it in another flow
                From(readings, disorder: .ascending)
                Filter { (r: Reading) in r.value > 0 }
            }
            """#),
        .body(
            "keyed flow without a sink",
            #"""
            Flow("open") {  // ERROR: This flow has no sink
                From(readings, disorder: .ascending)
                KeyBy(\Reading.sensor)
            }
            """#),
        .body(
            "stage outside of a flow",
            #"""
            From(readings, disorder: .ascending)  // ERROR: The body of a pipeline holds flows: put stages into Flow("name")
            """#),
        .body(
            "flow with a mistake in a body",
            #"""
            Flow("wrong") {  // ERROR: Count needs a window: put Tumbling(...), Sliding(...) or Session(...) before it
                From(readings, disorder: .ascending)
                Count()
                To(alarms)
            }
            Flow("right") {
                From(readings, disorder: .ascending)
                To(alarms)
            }
            """#),
        .body(
            "flow that ends in a window in a body",
            #"""
            Flow("wrong") {  // ERROR: A window needs an aggregate right behind it
                From(readings, disorder: .ascending)
                KeyBy(\Reading.sensor)
                Tumbling(every: .seconds(1))
            }
            """#),
    ]
}
