extension MistakeCases {
    /// Sessions in wrong places, or over another type.
    static let sessions: [CompileCase] = [
        .flow(
            "gaps of another type",
            #"""
            From(readings, disorder: .ascending)
            KeyBy(\Reading.sensor)
            Session { (c: Celsius) in .seconds(c.degrees) }  // ERROR: 'SessionsByEvent<Celsius>' to expected argument type 'SessionsByEvent<Reading>'
            Count()
            """#),
        .flow(
            "gaps of another type without keys",
            #"""
            From(readings, disorder: .ascending)
            Session { (c: Celsius) in .seconds(c.degrees) }  // ERROR: 'SessionsByEvent<Celsius>' to expected argument type 'SessionsByEvent<Reading>'
            Count()
            """#),
        .flow(
            "session at the end", opening: "A window needs an aggregate right behind it",
            #"""
            From(readings, disorder: .ascending)
            KeyBy(\Reading.sensor)
            Session(gap: .seconds(10))
            """#),
        .flow(
            "session in place of an aggregate", opening: "A window needs an aggregate right behind it",
            #"""
            From(readings, disorder: .ascending)
            KeyBy(\Reading.sensor)
            Tumbling(every: .seconds(1))
            Session(gap: .seconds(10))
            """#),
        .flow(
            "session by event in place of an aggregate", opening: "A window needs an aggregate right behind it",
            #"""
            From(readings, disorder: .ascending)
            KeyBy(\Reading.sensor)
            Tumbling(every: .seconds(1))
            Session { (r: Reading) in .seconds(r.value) }
            """#),
        .flow(
            "session in a branch",
            #"""
            From(readings, disorder: .ascending)
            KeyBy(\Reading.sensor)
            if isOn() {  // ERROR: keys, windows and aggregates cannot stand in a branch
                Session(gap: .seconds(10))
            }
            Count()
            """#),
    ]
}

extension RightCases {
    /// Sessions in their places.
    static let sessions: [CompileCase] = [
        .flow(
            "sessions of keys with allowed lateness",
            #"""
            From(readings, disorder: .bounded(by: .seconds(2)))
            KeyBy(\Reading.sensor)
            Session(gap: .seconds(10)).named("visits").parallelism(2)
            AllowedLateness(.seconds(5))
            Count()
            Map { (c: Counted<UInt64>) in Celsius(degrees: Double(c.count)) }
            """#),
        .flow(
            "sessions whose gaps the events give",
            #"""
            From(readings, disorder: .ascending)
            KeyBy(\Reading.sensor)
            Session { (r: Reading) in r.value > 0 ? .seconds(10) : .milliseconds(1) }
            Sum(\Reading.value)
            To(Kept<Summed<UInt64, Double>>())
            """#),
        .flow(
            "sessions of a stream without keys",
            #"""
            From(readings, disorder: .ascending)
            Session(gap: .seconds(10))
            Mean(\Reading.value)
            """#),
        .flow(
            "sessions of a stream without keys whose gaps the events give",
            #"""
            From(readings, disorder: .ascending)
            Session { (r: Reading) in .seconds(r.value) }
            Count()
            To(Kept<Windowed<Int>>())
            """#),
    ]
}
