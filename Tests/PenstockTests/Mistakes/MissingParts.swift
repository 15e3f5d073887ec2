extension MistakeCases {
    private static let window =
        "A window needs an aggregate right behind it, such as Count(), Sum(...), Largest(by: ...) or WholeWindow { ... }"

    private static let aggregates = [
        ("Count", "Count()"), ("Sum", #"Sum(\Reading.value)"#), ("Mean", #"Mean(\Reading.value)"#),
        ("Minimum", #"Minimum(\Reading.value)"#), ("Maximum", #"Maximum(\Reading.value)"#),
    ]

    private static let noWindow =
        "An aggregate needs a window: put Tumbling(...), Sliding(...) or Session(...) before it"

    private static let noModifier =
        "This stage belongs right behind a window: Tumbling(...), Sliding(...) or Session(...)"

    private static let states = [
        ("Largest", #"Largest(by: \Reading.value)"#), ("Top", #"Top(3, by: \Reading.value)"#), ("First", "First()"),
        ("Variance", #"Variance(\Reading.value)"#),
        ("WholeWindow", "WholeWindow { (_: WindowSpan, r: [Reading]) in r.count }"),
    ]

    private static let windows = [
        ("Tumbling", "Tumbling(every: .seconds(1))"), ("Tumbling", "Tumbling(count: 100)"),
        ("Sliding", "Sliding(.seconds(10), every: .seconds(1))"), ("Sliding", "Sliding(count: 100, every: 10)"),
    ]

    /// A key, a window, an aggregate or a window operator that is not there.
    static let missingParts: [CompileCase] =
        aggregates.map { name, stage in
            .flow(
                "\(name) without a key and a window",
                opening: "\(name) needs a window: put Tumbling(...), Sliding(...) or Session(...) before it",
                "From(readings, disorder: .ascending)\n\(stage)")
        }
        + aggregates.map { name, stage in
            .flow(
                "\(name) without a window",
                opening: "\(name) needs a window: put Tumbling(...), Sliding(...) or Session(...) before it",
                "From(readings, disorder: .ascending)\nKeyBy(\\Reading.sensor)\n\(stage)\nTo(alarms)")
        }
        + windows.enumerated().map { number, window in
            .flow(
                "\(window.0) without a key and an aggregate \(number)", opening: Self.window,
                "From(readings, disorder: .ascending)\n\(window.1)\nTo(alarms)")
        }
        + states.flatMap { name, stage in
            [
                CompileCase.flow(
                    "\(name) without a key and a window", opening: noWindow,
                    "From(readings, disorder: .ascending)\n\(stage)"),
                .flow(
                    "\(name) without a window", opening: noWindow,
                    "From(readings, disorder: .ascending)\nKeyBy(\\Reading.sensor)\n\(stage)\nTo(alarms)"),
            ]
        }
        + [
            ("AllowedLateness", "AllowedLateness(.seconds(1))"), ("Early", "Early(every: 10)"),
            ("LateData", "LateData(to: SideOutput(\"late\", of: Reading.self))"),
            ("Outside", "Outside(to: SideOutput(\"outside\", of: Reading.self))"),
        ].flatMap { name, stage in
            [
                CompileCase.flow(
                    "\(name) without a key and a window", opening: noModifier,
                    "From(readings, disorder: .ascending)\n\(stage)\nTo(alarms)"),
                .flow(
                    "\(name) without a window", opening: noModifier,
                    "From(readings, disorder: .ascending)\nKeyBy(\\Reading.sensor)\n\(stage)\nCount()"),
            ]
        }
        + [
            ("Map { (r: Reading) in r.value }", "map"), ("Filter { (r: Reading) in r.value > 0 }", "filter"),
            (#"KeyBy(\Reading.sensor)"#, "key"), ("Tumbling(every: .seconds(1))", "window"),
            ("Persist(topic: \"recorded\")", "record"), ("To(alarms)", "sink"), ("Smooth()", "operator"),
            ("Smooth().named(\"smooth\")", "operator with options"),
        ].map { stage, name in
            .flow(
                "\(name) in place of an aggregate", opening: window,
                "From(readings, disorder: .ascending)\nKeyBy(\\Reading.sensor)\nTumbling(every: .seconds(1))\n\(stage)")
        } + others

    private static let others: [CompileCase] = [
        .flow(
            "latest event of each key without a key",
            opening: "Latest(...).perKey() needs a key: put KeyBy(...) before it",
            "From(readings, disorder: .ascending)\nLatest(every: .seconds(1)).perKey()\nTo(alarms)"),
        .flow(
            "edge in place of an aggregate", opening: window,
            "From(readings, disorder: .ascending)\nKeyBy(\\Reading.sensor)\nTumbling(count: 3)\nDropOldest(capacity: 3)"
        ),
        .flow(
            "window at the end", opening: window,
            #"""
            From(readings, disorder: .ascending)
            KeyBy(\Reading.sensor)
            Tumbling(every: .seconds(1))
            """#),
        .flow(
            "second aggregate without a key of its own", opening: "Sum needs a window",
            #"""
            From(readings, disorder: .ascending)
            KeyBy(\Reading.sensor)
            Tumbling(every: .seconds(1))
            Count()
            Sum(\Reading.value)
            """#),
        .flow(
            "window operator without a window", opening: "A window operator needs a window before it",
            "From(readings, disorder: .ascending)\nTotal()"),
        .flow(
            "window operator with options without a window", opening: "A window operator needs a window before it",
            "From(readings, disorder: .ascending)\nTotal().named(\"total\").parallelism(2)"),
        .flow(
            "window operator on a keyed stream",
            opening: "A window operator works on windows by position of a stream without keys",
            "From(readings, disorder: .ascending)\nKeyBy(\\Reading.sensor)\nTotal()"),
        .flow(
            "window operator on windows of keys",
            opening: "A window operator works on windows by position, not on windows of keys",
            "From(readings, disorder: .ascending)\nKeyBy(\\Reading.sensor)\nTumbling(count: 3)\nTotal()"),
        .flow(
            "only the first of several missing parts",
            opening: "Count needs a window: put Tumbling(...), Sliding(...) or Session(...) before it",
            #"""
            From(readings, disorder: .ascending)
            Count()
            Filter { (c: Celsius) in c.degrees > 0 }
            Sum(\Reading.value)
            To(alarms)
            """#),
        .flow(
            "topic without a bound",
            #"""
            From(readings)  // ERROR: Say how far out of order the topic can be: From(topic, disorder: .bounded(by: .seconds(2)))
            To(alarms)
            """#),
        .flow(
            "record of what is no event", opening: "Persist needs events: let the type of the stream conform to Event",
            #"""
            From(readings, disorder: .ascending)
            Map { (r: Reading) in Celsius(degrees: r.value) }
            Persist(topic: "celsius")
            Filter { (c: Celsius) in c.degrees > 0 }
            """#),
    ]
}
