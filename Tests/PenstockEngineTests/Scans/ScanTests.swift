import PenstockEvents
import Testing

@testable import PenstockEngine

@Suite("Scan windows by time")
struct ScanTests {
    private static func begin(_ id: Int64, at time: Int64, lane: Int64 = 0) -> Step {
        .event(time, Sample(key: lane, number: id, float: -1))
    }

    private static func end(_ id: Int64, at time: Int64, lane: Int64 = 0) -> Step {
        .event(time, Sample(key: lane, number: id, float: -2))
    }

    @Sendable private static func mark(_ sample: Sample) -> ScanMark<Int64> {
        switch sample.float {
        case -1: .begin(sample.number)
        case -2: .end(sample.number)
        default: .data
        }
    }

    private static func scans(isKeyed: Bool = true, maxDuration: Int64? = nil) -> StageDescription {
        .operation(AnyOperator(scansOf: Int64.self, isKeyed: isKeyed, maxDuration: maxDuration, mark))
    }

    /// The rows as `name [begin, end) {numbers}`, and the counts, for every batch size and parallelism.
    private func check(
        _ partitions: [[Step]], isKeyed: Bool = true, maxDuration: Int64? = nil, disorder: Disorder = .marks,
        _ expected: [String], times: [Int64]? = nil, outside: [Int64] = [], late: [Int64] = []
    ) async throws {
        let sides = [
            SidePort.late: SideOutputName("late", of: Sample.self),
            .outside: SideOutputName("outside", of: Sample.self),
        ]
        for (batch, parallelism) in [(1, 1), (7, 2), (4096, 4)] {
            let collector = Collector(String.self)
            let lefts = [SidePort.late: Collector(Sample.self), .outside: Collector(Sample.self)]
            var scans = Self.scans(isKeyed: isKeyed, maxDuration: maxDuration)
            scans.sides = sides
            var stages = [StageDescription.from(ScriptedSource(partitions: partitions, disorder: disorder))]
            if isKeyed { stages.append(.keyBy { (s: Sample) in s.key }) }
            stages += [
                scans, .map { (s: Scan<Int64, Sample>) in Self.text(s) }, .to(collector),
            ]
            let others = sides.map { port, side in
                FlowDescription(
                    name: side.name,
                    stages: [StageDescription(.side(side), label: "From"), .to(lefts[port] ?? Collector())])
            }
            let statistics = try await run(
                [FlowDescription(name: "case", stages: stages)] + others, batch: batch, parallelism: parallelism
            ).statistics
            #expect(collector.values == expected, "batch \(batch), parallelism \(parallelism)")
            if let times { #expect(collector.times == times, "batch \(batch), parallelism \(parallelism)") }
            #expect(statistics == OperatorStatistics(lateEvents: late.count, outsideEvents: outside.count))
            for (port, expected) in [(SidePort.late, late), (.outside, outside)] {
                #expect(lefts[port]?.times == expected, "\(port), batch \(batch), parallelism \(parallelism)")
            }
        }
    }

    @Sendable private static func text(_ scan: Scan<Int64, Sample>) -> String {
        "s\(scan.id) [\(scan.window.start.nanoseconds), \(scan.window.end.nanoseconds)) \(scan.events.map(\.number))"
            + (scan.isComplete ? "" : " incomplete")
    }

    @Test("case 28: markers open and close scans by time")
    func case28() async throws {
        let steps = [
            Self.begin(1, at: 10), Self.end(1, at: 20), .e(9), .e(10), .e(19), .e(20), Self.begin(2, at: 30), .e(31),
        ]
        for isKeyed in [true, false] {
            try await check(
                [steps], isKeyed: isKeyed, ["s1 [10, 20) [10, 19]", "s2 [30, 32) [31] incomplete"], times: [19, 31],
                outside: [9, 20])
        }
    }

    @Test("markers of another partition take effect at their time, also at that of data")
    func otherPartition() async throws {
        let data = (0..<12).map { Step.e($0 * 5) }
        let markers = [Self.begin(1, at: 10), Self.end(1, at: 20), Self.begin(2, at: 20), Self.end(2, at: 40)]
        for partitions in [[data, markers], [markers, data]] {
            try await check(
                partitions, disorder: .ascending, ["s1 [10, 20) [10, 15]", "s2 [20, 40) [20, 25, 30, 35]"],
                times: [19, 39], outside: [0, 5, 40, 45, 50, 55])
        }
    }

    @Test("a scan closes once no other marker of its end can come, and its row is not late")
    func closing() throws {
        var processor = AnyOperator(scansOf: Int64.self, isKeyed: false, maxDuration: nil, Self.mark).make(
            OperatorContext(stage: testStage, parallelism: 1, report: { _ in }), Origin(stage: 1, partition: 0))
        let samples = [Self.begin(1, at: 10), Self.end(1, at: 20)].compactMap {
            step -> (time: Int64, sample: Sample)? in
            if case .event(let time, let sample) = step { (time, sample) } else { nil }
        }
        let before = try processor.outputs(.batch(Batch(samples, watermark: 19)))
        #expect(before.compactMap(\.batch).isEmpty && before.last?.watermark == 18)
        let behind = try processor.outputs(.watermark(Timestamp(nanoseconds: 20)))
        #expect(behind.first?.batch?.times.values[0] == 19 && behind.last?.watermark == 19)
    }

    @Test("a begin closes the scan that is open, and so does the longest duration")
    func incomplete() async throws {
        try await check(
            [[Self.begin(1, at: 0), .e(3), Self.begin(2, at: 5), .e(6), .e(14), .e(15), .e(30), Self.end(2, at: 40)]],
            maxDuration: 10, disorder: .ascending,
            ["s1 [0, 5) [3] incomplete", "s2 [5, 15) [6, 14] incomplete"], times: [4, 14], outside: [15, 30], late: [40]
        )
    }

    @Test("an end exactly at the longest duration completes the scan")
    func exactly() async throws {
        try await check(
            [[Self.begin(1, at: 0), .e(9), Self.end(1, at: 10), .e(10)]], maxDuration: 10, disorder: .ascending,
            ["s1 [0, 10) [9]"], outside: [10])
    }

    @Test("an event that is behind is late where its scan has closed")
    func late() async throws {
        try await check(
            [[Self.begin(1, at: 10), .e(12), Self.end(1, at: 20), .w(18), .e(13), .w(19), .e(14), .e(5), .e(30)]],
            ["s1 [10, 20) [12, 13]"], outside: [5, 30], late: [14])
    }

    @Test("lanes scan by themselves")
    func lanes() async throws {
        try await check(
            [
                [
                    Self.begin(1, at: 0, lane: 4), Self.begin(2, at: 2, lane: 3), .e(3, key: 4), .e(4, key: 3),
                    .e(5, key: 2),
                    Self.end(1, at: 10, lane: 4), Self.end(2, at: 10, lane: 3),
                ]
            ], disorder: .ascending, ["s2 [2, 10) [4]", "s1 [0, 10) [3]"], outside: [5])
    }

    @Test("a scan that ends before it begins is an error")
    func empty() async throws {
        for end in [Int64(10), 8] {
            let error = await #expect(throws: EngineError.self) {
                try await check([[Self.begin(1, at: 10), Self.end(1, at: end), .e(12)]], [])
            }
            #expect(error?.summary.contains("the scan 1 begins at 10 ns, but has ended by then") == true)
        }
    }

    @Test("a run with scans that fails goes on as if it had not", arguments: [true, false])
    func restored(isKeyed: Bool) async throws {
        var steps: [Step] = []
        for time in Int64(0)..<200 {
            let lane = time / 3 % 2
            if time % 12 < 2 { steps.append(Self.begin(time, at: time, lane: time % 2)) }
            steps.append(.e(time, key: lane))
            if time % 12 == 7 { steps.append(Self.end(time - 7, at: time, lane: 0)) }
        }
        let flow = { (sink: StageDescription) in
            FlowDescription(
                name: "f",
                stages: [.from(ScriptedSource(partitions: [steps]))]
                    + (isKeyed ? [.keyBy { (s: Sample) in s.key }] : [])
                    + [Self.scans(isKeyed: isKeyed), .map { (s: Scan<Int64, Sample>) in Self.text(s) }, sink])
        }
        let whole = Collector(String.self)
        try await run([flow(.to(whole))])
        #expect(whole.values.count > 20)
        let collector = DurableCollector(String.self)
        let epochs = try await runCrashing(
            collector, at: [5, whole.values.count - 3], batch: 3, parallelism: [2, 1, 4], [flow(.to(collector))])
        #expect(collector.values == whole.values)
        #expect(epochs.compactMap(\.self).count > 0)
    }
}
