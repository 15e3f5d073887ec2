/// Programs with a mistake, by kind of mistake.
enum MistakeCases {
    static let all = mismatches + branches + missingParts + misplaced + pipelines + sessions + joins

    /// A stage that does not fit the type of the stream: reported on its own line, in the words of the types.
    private static let mismatches: [CompileCase] = [
        .flow(
            "filter of another type",
            #"""
            From(readings, disorder: .ascending)
            Filter { (c: Celsius) in c.degrees > 0 }  // ERROR: cannot convert value of type 'Filter<Celsius>' to expected argument type 'Filter<Reading>'
            To(alarms)
            """#),
        .flow(
            "map of another type",
            #"""
            From(readings, disorder: .ascending)
            Map { (c: Celsius) in c.degrees }  // ERROR: 'Map<Celsius, Double>' to expected argument type 'Map<Reading, Double>'
            Filter { (d: Double) in d > 0 }
            """#),
        .flow(
            "topic of another type",
            #"""
            From(readings, disorder: .ascending)
            Map { (r: Reading) in Celsius(degrees: r.value) }
            To(alarms)  // ERROR: 'To<Reading>' to expected argument type 'To<Celsius>'
            """#),
        .flow(
            "sink of another type behind an aggregate",
            #"""
            From(readings, disorder: .ascending)
            KeyBy(\Reading.sensor)
            Tumbling(every: .seconds(1))
            Count()
            To(Kept<Reading>())  // ERROR: 'To<Reading>' to expected argument type 'To<Counted<UInt64>>'
            """#),
        .flow(
            "key of another type",
            #"""
            From(readings, disorder: .ascending)
            Map { (r: Reading) in Celsius(degrees: r.value) }
            KeyBy(\Reading.sensor)  // ERROR: 'KeyBy<Reading, UInt64>' to expected argument type 'KeyBy<Celsius, UInt64>'
            Tumbling(every: .seconds(1))
            Count()
            """#),
        .flow(
            "key that is none",
            #"""
            From(readings, disorder: .ascending)
            KeyBy { (r: Reading) in Celsius(degrees: r.value) }  // ERROR: 'KeyBy' requires that 'Celsius' conform to 'EventKey'
            Tumbling(every: .seconds(1))
            Count()
            """#),
        .flow(
            "sum over another type",
            #"""
            From(readings, disorder: .ascending)
            KeyBy(\Reading.sensor)
            Sliding(.seconds(10), every: .seconds(1))
            Sum(\Celsius.degrees)  // ERROR: 'Sum<Celsius, Double>' to expected argument type 'Sum<Reading, Double>'
            """#),
        .flow(
            "operator of another type",
            #"""
            From(readings, disorder: .ascending)
            Map { (r: Reading) in Celsius(degrees: r.value) }
            Smooth()  // ERROR: cannot convert value of type 'Stream<Celsius>' to expected argument type 'Stream<Reading>'
            To(alarms)
            """#),
        .flow(
            "operator with options of another type",
            #"""
            From(readings, disorder: .ascending)
            Map { (r: Reading) in Celsius(degrees: r.value) }
            Smooth().named("smooth")  // ERROR: cannot convert value of type 'Stream<Celsius>' to expected argument type 'Stream<Reading>'
            To(alarms)
            """#),
        .flow(
            "window over the angle of something without an angle",
            #"""
            From(readings, disorder: .ascending)
            Sliding(angle: .degrees(180), every: .degrees(10))  // ERROR: 'Stream<Reading>' to expected argument type 'Stream<Projection>'
            Total()
            """#),
        .flow(
            "closure that does not name its type",
            #"""
            From(readings, disorder: .ascending)
            Filter { $0.value > 0 }  // ERROR: cannot infer type of closure parameter '$0' without a type annotation
            To(alarms)
            """#),
        .flow(
            "only the first of several mismatches",
            #"""
            From(readings, disorder: .ascending)
            Filter { (c: Celsius) in c.degrees > 0 }  // ERROR: 'Filter<Celsius>' to expected argument type 'Filter<Reading>'
            Map { (c: Celsius) in c.degrees }
            To(alarms)
            """#),
    ]

    private static let branches: [CompileCase] = [
        .flow(
            "branch of another type",
            #"""
            From(readings, disorder: .ascending)
            if isOn() {  // ERROR: 'Fragment<Celsius, Celsius>' to expected argument type 'Fragment<Reading, Celsius>'
                Filter { (c: Celsius) in c.degrees > 0 }
            }
            To(alarms)
            """#),
        .flow(
            "branch that changes the type",
            #"""
            From(readings, disorder: .ascending)
            if isOn() {  // ERROR: Without `else` the stages of an `if` must give the type of event that they take
                Map { (r: Reading) in Celsius(degrees: r.value) }
            }
            To(alarms)
            """#),
        .flow(
            "branches that differ",
            #"""
            From(readings, disorder: .ascending)
            if isOn() {
                Map { (r: Reading) in Celsius(degrees: r.value) }
            } else {  // ERROR: 'Fragment<Reading, Reading>' vs. 'Fragment<Reading, Celsius>'
                Filter { (r: Reading) in r.value > 0 }
            }
            To(alarms)
            """#),
        .flow(
            "sink that may not be there",
            #"""
            From(readings, disorder: .ascending)
            if isOn() {  // ERROR: To(...) in an `if` needs an `else` with another To(...)
                To(alarms)
            }
            """#),
        .flow(
            "window in a branch",
            #"""
            From(readings, disorder: .ascending)
            KeyBy(\Reading.sensor)
            if isOn() {  // ERROR: keys, windows and aggregates cannot stand in a branch
                Tumbling(every: .seconds(1))
            }
            Count()
            """#),
        .flow(
            "key in a branch behind another stage",
            #"""
            From(readings, disorder: .ascending)
            if isOn() {  // ERROR: keys, windows and aggregates cannot stand in a branch
                Filter { (r: Reading) in r.value > 0 }
                KeyBy(\Reading.sensor)
            }
            To(alarms)
            """#),
        .flow(
            "record in a loop",
            #"""
            From(readings, disorder: .ascending)
            for name in ["a", "b"] {  // ERROR: keys, windows and aggregates cannot stand in a branch
                Persist(topic: name)
            }
            To(alarms)
            """#),
        .flow(
            "stage behind the sink of a branch",
            #"""
            From(readings, disorder: .ascending)
            if isOn() {  // ERROR: Nothing can follow To
                To(alarms)
                Filter { (r: Reading) in r.value > 0 }
            } else {  // ERROR: Nothing can follow To
                To(alarms)
                Filter { (r: Reading) in r.value > 0 }
            }
            """#),
    ]
}
