/// Programs without a mistake: what has to go on compiling.
enum RightCases {
    static let all = flows + bodies + sessions + joins

    private static let flows: [CompileCase] = [
        .flow(
            "if in a flow",
            #"""
            From(readings, disorder: .bounded(by: .seconds(2)))
            if isOn() {
                Filter { (r: Reading) in r.value > 0 }
                Smooth().named("smooth")
            }
            To(alarms)
            """#),
        .flow(
            "if let and nested branches in a flow",
            #"""
            From(readings, disorder: .ascending)
            if let limit = limit() {
                if isOn() {
                    Filter { (r: Reading) in r.value > limit }
                } else {
                    Smooth()
                }
                Map { (r: Reading) in r }
            }
            To(alarms)
            """#),
        .flow(
            "switch in a flow",
            #"""
            From(readings, disorder: .ascending)
            switch choice() {
            case .one: Map { (r: Reading) in Celsius(degrees: r.value) }
            case .two: Map { (r: Reading) in Celsius(degrees: r.value - 273.15) }
            case .three:
                Filter { (r: Reading) in r.value > 0 }
                Map { (r: Reading) in Celsius(degrees: r.value) }
            }
            To(Kept<Celsius>())
            """#),
        .flow(
            "watermark, late events and how a topic is read",
            #"""
            From(readings, disorder: .marks).aligned(maxDrift: nil).futureGuard(maxAhead: .seconds(5))
                .future(to: SideOutput("future")).idle(after: .seconds(10))
            Filter { (r: Reading) in r.value > 0 }
            Watermark(.bounded(by: .seconds(2)))
            KeyBy(\Reading.sensor)
            Sliding(.seconds(1), every: .seconds(60))
            LateData(to: SideOutput("late", of: Reading.self))
            Outside(to: SideOutput("outside", of: Reading.self))
            AllowedLateness(.seconds(1))
            Count()
            To(Kept<Counted<UInt64>>())
            """#),
        .flow(
            "flow that begins with a side output",
            "From(SideOutput(\"late\", of: Reading.self))\nTo(alarms)"),
        .flow(
            "edges that drop events",
            #"""
            From(readings, disorder: .ascending)
            DropOldest(capacity: 100)
            NewestFirst(capacity: 100)
            Filter { (r: Reading) in r.value > 0 }
            Latest(every: .milliseconds(500)).named("preview")
            KeyBy(\Reading.sensor)
            Latest()
            Latest(every: .seconds(1)).perKey()
            DropOldest(capacity: 10)
            NewestFirst(capacity: 10)
            Tumbling(every: .seconds(1))
            Count()
            To(Kept<Counted<UInt64>>(), allowLossy: true)
            """#),
        .flow(
            "for in a flow",
            #"""
            From(readings, disorder: .ascending)
            for limit in [1.0, 2.0, 3.0] {
                Filter { (r: Reading) in r.value != limit }
                Smooth()
            }
            To(alarms)
            """#),
        .flow(
            "branches of a keyed stream",
            #"""
            From(readings, disorder: .ascending)
            KeyBy(\Reading.sensor)
            if isOn() { Filter { (r: Reading) in r.value > 0 } }
            Sliding(.seconds(10), every: .seconds(2))
            Maximum(\Reading.value)
            Filter { (m: Extreme<UInt64, Double>) in m.value > 0 }
            """#),
        .flow(
            "largest events of a window without keys",
            #"""
            From(readings, disorder: .ascending)
            Tumbling(every: .seconds(10), offset: .seconds(1))
            AllowedLateness(.seconds(5), rows: .eachEvent)
            Early(every: 100)
            Largest(by: \Reading.value, ties: .all)
            To(Kept<Windowed<[Reading]>>())
            """#),
        .flow(
            "top of counts",
            #"""
            From(readings, disorder: .ascending)
            KeyBy(\Reading.sensor)
            Sliding(.seconds(10), every: .seconds(2))
            Count()
            Tumbling(every: .seconds(2))
            Top(3, by: \Counted<UInt64>.count)
            To(Kept<Windowed<[Counted<UInt64>]>>())
            """#),
        .flow(
            "whole windows by key",
            #"""
            From(readings, disorder: .ascending)
            KeyBy(\Reading.sensor)
            Tumbling(every: .seconds(10))
            WholeWindow { (_: WindowSpan, events: [Reading]) in events.count }
            To(Kept<KeyedResult<UInt64, Int>>())
            """#),
        .flow(
            "variance of a window without keys",
            #"""
            From(readings, disorder: .ascending)
            Sliding(count: 100, every: 10)
            Variance(\Reading.value)
            Map { (row: Windowed<Moments>) in row.value.sampleVariance }
            """#),
        .flow(
            "branches that are sources",
            #"""
            if isOn() {
                From(readings, disorder: .ascending)
            } else {
                From(alarms, disorder: .bounded(by: .seconds(1)))
                Filter { (r: Reading) in r.value > 0 }
            }
            To(alarms)
            """#),
        .flow(
            "branches that are sinks",
            #"""
            From(readings, disorder: .ascending)
            switch choice() {
            case .one: To(alarms)
            case .two: To(Kept<Reading>())
            case .three:
                Filter { (r: Reading) in r.value > 0 }
                if isOn() { To(alarms) } else { To(readings) }
            }
            """#),
        .flow(
            "branches that are sinks of a keyed stream",
            #"""
            From(readings, disorder: .ascending)
            KeyBy(\Reading.sensor)
            if isOn() { To(alarms) } else { To(Kept<Reading>()) }
            """#),
        .flow(
            "every aggregate by a key and by another one",
            #"""
            From(readings, disorder: .marks)
            KeyBy { (r: Reading) in "sensor \(r.sensor)" }
            Tumbling(every: .seconds(1), offset: .milliseconds(100)).named("second").parallelism(4)
            Mean(\Reading.value)
            KeyBy(\Averaged<String>.count)
            KeyBy(\Averaged<String>.key)
            Sliding(count: 10, every: 2)
            Sum(\Averaged<String>.count)
            KeyBy(\Summed<String, Int>.key)
            Tumbling(count: 5)
            Minimum(\Summed<String, Int>.sum)
            Map { (m: Extreme<String, Int>) in m.value }
            To(Kept<Int>())
            """#),
        .flow(
            "record in the middle",
            #"""
            From(readings, disorder: .ascending)
            Persist(topic: "recorded").named("record")
            Smooth()
            To(alarms)
            """#),
        .flow(
            "closures that throw",
            #"""
            From(readings, disorder: .ascending)
            Filter { (r: Reading) throws(SchemaError) in r.value > 0 }
            Map { (r: Reading) throws in Celsius(degrees: r.value) }
            To(Kept<Celsius>())
            """#),
        .flow(
            "sixty stages",
            """
            From(readings, disorder: .ascending)
            \((0..<28).map { "Filter { (r: Reading) in r.value > \($0) }\nMap { (r: Reading) in r }" }.joined(separator: "\n"))
            KeyBy(\\Reading.sensor)
            Tumbling(every: .seconds(1))
            Count()
            """),
    ]

    private static let bodies: [CompileCase] = [
        .body(
            "named flows used twice",
            #"""
            let valid = Flow("valid") {
                From(readings, disorder: .ascending)
                Filter { (r: Reading) in r.value > 0 }
            }
            let keyed = Flow("keyed") {
                valid
                KeyBy(\Reading.sensor)
            }
            Flow("archive") { valid; To(alarms) }
            Flow("counts") { keyed; Tumbling(every: .seconds(1)); Count(); To(Kept<Counted<UInt64>>()) }
            Flow("sums") { keyed; Tumbling(count: 2); Sum(\Reading.value); To(Kept<Summed<UInt64, Double>>()) }
            """#),
        .body(
            "branches and loops of a pipeline",
            #"""
            let all = Flow("all") { From(readings, disorder: .ascending) }
            Flow("archive") { all; To(alarms) }
            if isOn {
                Flow("on") { all; To(Kept<Reading>()) }
            } else {
                Flow("off") { all; To(alarms) }
            }
            if let limit {
                Flow("limit") { all; Filter { (r: Reading) in r.value > limit }; To(alarms) }
            }
            switch choice {
            case .one: Flow("one") { all; To(alarms) }
            case .two: Flow("two") { all; To(alarms) }
            case .three:
                Flow("three") { all; To(alarms) }
                Flow("three again") { all; To(alarms) }
            }
            for sensor in UInt64(0)..<4 {
                Flow("sensor \(sensor)") { all; Filter { (r: Reading) in r.sensor == sensor }; To(alarms) }
            }
            """#),
        .body(
            "window operator over projections",
            #"""
            Flow("slices") {
                From(ScanFile("scan.h5"))
                FlatField()
                MinusLog()
                Sliding(angle: .degrees(180), every: .degrees(10))
                Reconstruct(.gridrec(filter: .shepp)).parallelism(2)
                To(DataExchangeVolume("volume.h5"))
            }
            """#),
    ]
}
