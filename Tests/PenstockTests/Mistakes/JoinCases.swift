extension MistakeCases {
    /// Joins of what does not fit together.
    static let joins: [CompileCase] = [
        .flow(
            "keys of different types",
            #"""
            Join(  // ERROR: The keys of both sides of a join have to be of one type
                From(readings, disorder: .ascending), From(alarms, disorder: .ascending), on: \.sensor, { Int($0.sensor) },
                within: .tumbling(.seconds(1))
            ) { (l: Reading, r: Reading) in l }
            """#),
        .flow(
            "keys of two types",
            #"""
            AsOf(  // ERROR: The keys of both sides of a join have to be of one type
                From(readings, disorder: .ascending), From(alarms, disorder: .ascending), on: \.sensor, \.value
            ) { (l: Reading, r: Reading?) in l }
            """#),
        .flow(
            "a topic in place of a source",
            #"""
            Join(  // ERROR: Say how far out of order the topic can be
                readings, From(alarms, disorder: .ascending), on: \.sensor, \.sensor, within: .tumbling(.seconds(1))
            ) { (l: Reading, r: Reading) in l }
            """#),
        .statements(
            "a keyed flow as an input",
            #"""
            let keyed = Flow("keyed") {
                From(readings, disorder: .ascending)
                KeyBy(\Reading.sensor)
            }
            _ = Flow("f") {
                Join(  // ERROR: leave out the KeyBy(...) of this flow
                    keyed, From(alarms, disorder: .ascending), on: \.sensor, \.sensor, within: .tumbling(.seconds(1))
                ) { (l: Reading, r: Reading) in l }
            }
            """#),
        .statements(
            "a flow with a sink as an input",
            #"""
            let closed = Flow("closed") {
                From(readings, disorder: .ascending)
                To(alarms)
            }
            _ = Flow("f") {
                Join(  // ERROR: requires that 'Closed' conform to 'OpenStream'
                    closed, From(alarms, disorder: .ascending), on: \.sensor, \.sensor, within: .tumbling(.seconds(1))
                ) { (l: Reading, r: Reading) in l }
            }
            """#),
        .flow(
            "a join in the middle", opening: "stand at the beginning of a flow only",
            #"""
            From(readings, disorder: .ascending)
            Join(From(readings, disorder: .ascending), From(alarms, disorder: .ascending), on: \.sensor, \.sensor, within: .tumbling(.seconds(1))) {
                (l: Reading, r: Reading) in l
            }
            """#),
        .flow(
            "a join without windows",
            #"""
            Join(From(readings, disorder: .ascending), From(alarms, disorder: .ascending), on: \.sensor, \.sensor) {  // ERROR: missing argument for parameter 'within'
                (l: Reading, r: Reading) in l
            }
            """#),
    ]
}

extension RightCases {
    /// Joins of every form.
    static let joins: [CompileCase] = [
        .flow(
            "a join in sliding windows, named",
            #"""
            FullJoin(
                From(readings, disorder: .ascending), From(alarms, disorder: .ascending), on: \.sensor, \.sensor,
                within: .sliding(.seconds(10), every: .seconds(2)), allowedLateness: .seconds(1)
            ) { (l: Reading?, r: Reading?) in
                Celsius(degrees: l?.value ?? r?.value ?? 0)
            }.named("pairs").parallelism(2)
            KeyBy { (c: Celsius) in Int(c.degrees) }
            Tumbling(every: .seconds(1))
            Count()
            """#),
        .flow(
            "a join with keys of text and a closure that throws",
            #"""
            Join(
                From(readings, disorder: .ascending), From(alarms, disorder: .ascending), on: { "\($0.sensor)" }, { "\($0.sensor)" },
                between: .zero, .seconds(2)
            ) { (l: Reading, r: Reading) throws in
                guard r.value > 0 else { throw CancellationError() }
                return Celsius(degrees: l.value)
            }
            """#),
    ]
}
