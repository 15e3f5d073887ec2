import PenstockEvents
import Testing

@testable import PenstockEngine

@Suite("Scan windows")
struct ScanTests {
    // MARK: By time

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

    // MARK: By count

    private enum Part { case event, end, missing }

    private static func part(_ part: Part, _ producer: Int64, _ number: Int64, scan: Int64 = 0) -> Step {
        let code: Double = part == .event ? 0 : part == .end ? 1 : 2
        return .event(0, Sample(key: scan, number: producer * 100 + number, float: code))
    }

    @Sendable private static func part(_ sample: Sample) -> ScanPart {
        let (producer, number) = (Int(sample.number / 100), Int(sample.number % 100))
        return switch sample.float {
        case 1: .end(producer: producer, expected: number)
        case 2: .missing(producer: producer, numbers: [number])
        default: .event(producer: producer, number: number)
        }
    }

    /// The steps, one at each instant from 1.
    private func counted(
        _ steps: [Step], producers: Int, _ expected: [String], times: [Int64], surplus: [Int64] = []
    ) async throws {
        let side = SideOutputName("surplus", of: Sample.self)
        let timed = steps.enumerated().map { index, step -> Step in
            if case .event(_, let sample) = step { .event(Int64(index + 1), sample) } else { step }
        }
        for (batch, parallelism) in [(1, 1), (7, 2), (4096, 4)] {
            let (collector, left) = (Collector(String.self), Collector(Sample.self))
            var scans = StageDescription.operation(
                AnyOperator(countedScansOf: Int64.self, producers: producers, Self.part))
            scans.sides[.surplus] = side
            let flow = FlowDescription(
                name: "case",
                stages: [
                    .from(ScriptedSource(partitions: [timed])), .keyBy { (s: Sample) in s.key }, scans,
                    .map { (s: CountedScan<Int64, Sample>) in Self.text(s) }, .to(collector),
                ])
            let other = FlowDescription(
                name: "surplus", stages: [StageDescription(.side(side), label: "From"), .to(left)])
            let statistics = try await run([flow, other], batch: batch, parallelism: parallelism).statistics
            #expect(
                collector.values == expected && collector.times == times, "batch \(batch), parallelism \(parallelism)")
            #expect(statistics == OperatorStatistics(lateEvents: surplus.count))
            #expect(left.times == surplus, "batch \(batch), parallelism \(parallelism)")
        }
    }

    @Sendable private static func text(_ scan: CountedScan<Int64, Sample>) -> String {
        let missing = scan.counts.flatMap(\.missing)
        return "\(scan.id) \(scan.events.map(\.number))\(missing.isEmpty ? "" : " missing \(missing)")"
            + (scan.isComplete ? "" : " incomplete")
    }

    @Test("case 29: a scan is complete when all producers have ended and all numbers have come")
    func case29() async throws {
        try await counted(
            [
                Self.part(.event, 1, 0), Self.part(.event, 2, 0), Self.part(.end, 1, 2), Self.part(.event, 2, 0),
                Self.part(.event, 1, 1), Self.part(.end, 2, 1),
            ], producers: 2, ["0 [100, 200, 101]"], times: [6], surplus: [4])
    }

    @Test("case 30: numbers that are declared missing do not come")
    func case30() async throws {
        try await counted(
            [
                Self.part(.event, 1, 0), Self.part(.event, 1, 2), Self.part(.end, 1, 3), Self.part(.missing, 1, 1),
                Self.part(.event, 1, 1),
            ], producers: 1, ["0 [100, 102] missing [1] incomplete"], times: [3], surplus: [5])
    }

    @Test("rows are never late, though a missing number may complete an old scan")
    func held() async throws {
        try await counted(
            [
                Self.part(.event, 1, 0, scan: 1), Self.part(.end, 1, 2, scan: 1), Self.part(.event, 1, 0, scan: 2),
                Self.part(.end, 1, 1, scan: 2), Self.part(.missing, 1, 1, scan: 1), Self.part(.event, 1, 0, scan: 3),
            ], producers: 1, ["1 [100] missing [1] incomplete", "2 [100]", "3 [100] incomplete"], times: [2, 4, 6])
    }

    @Test("numbers that were not announced are surplus, and so is what a complete scan is sent")
    func beyond() async throws {
        try await counted(
            [Self.part(.event, 1, 0), Self.part(.event, 1, 5), Self.part(.end, 1, 1), Self.part(.end, 1, 1)],
            producers: 1, ["0 [100]"], times: [3], surplus: [2, 4])
    }

    @Test("ends that disagree are an error")
    func disagreement() async throws {
        let error = await #expect(throws: EngineError.self) {
            try await counted([Self.part(.end, 1, 2), Self.part(.end, 1, 3)], producers: 1, [], times: [])
        }
        #expect(error?.summary.contains("producer 1 of the scan 0 has ended twice, with 2 and with 3 events") == true)
    }

    /// Scans of three producers whose events are mixed, some of them sent twice, some long after their scan.
    private static func manyScans(_ count: Int64) -> [Step] {
        var steps: [Step] = []
        for scan in 0..<count {
            for producer in Int64(1)...3 {
                for number in Int64(0)..<4 { steps.append(part(.event, producer, number, scan: scan)) }
                if scan % 5 == 0 { steps.append(part(.event, producer, 2, scan: scan)) }
            }
            if scan > 3 { steps.append(part(.event, 2, 1, scan: scan - 3)) }
            for producer in Int64(1)...3 { steps.append(part(.end, producer, 4, scan: scan)) }
        }
        return steps.enumerated().map { index, step in
            if case .event(_, let sample) = step { .event(Int64(index + 1), sample) } else { step }
        }
    }

    @Test("a run with counted scans that fails goes on as if it had not")
    func countedRestored() async throws {
        let side = SideOutputName("surplus", of: Sample.self)
        let flows = { (sink: StageDescription, left: StageDescription) -> [FlowDescription] in
            var scans = StageDescription.operation(AnyOperator(countedScansOf: Int64.self, producers: 3, Self.part))
            scans.sides[.surplus] = side
            let source = ScriptedSource(partitions: [Self.manyScans(40)], pauseMicroseconds: 100)
            return [
                FlowDescription(
                    name: "scans",
                    stages: [
                        .from(source), .keyBy { (s: Sample) in s.key }, scans,
                        .map { (s: CountedScan<Int64, Sample>) in Self.text(s) }, sink,
                    ]),
                FlowDescription(name: "surplus", stages: [StageDescription(.side(side), label: "From"), left]),
            ]
        }
        let (whole, left) = (Collector(String.self), Collector(Sample.self))
        try await run(flows(.to(whole), .to(left)))
        #expect(whole.values.count == 40 && left.values.count == 60)
        let (rows, surplus) = (DurableCollector(String.self), DurableCollector(Sample.self))
        let epochs = try await runCrashing(
            rows, at: [5, 20, 37], batch: 3, parallelism: [2, 1, 4], flows(.to(rows), .to(surplus)))
        #expect(rows.values == whole.values)
        #expect(surplus.values == left.values && surplus.times == left.times)
        #expect(epochs.compactMap(\.self).count > 0)
    }

    @Test("of complete scans nothing is kept but a range of their numbers")
    func forgotten() throws {
        let context = OperatorContext(stage: testStage, parallelism: 1) { _ in }
        var scans = AnyOperator(countedScansOf: Int64.self, producers: 3, Self.part)
            .make(context, Origin(stage: 1, partition: 0))
        var key = KernelProcessor(stage: testStage, kernel: keyKernel { (s: Sample) in s.key })
        var sizes: [Int] = []
        var last: Int64 = 0
        for (index, step) in Self.manyScans(6000).enumerated() {
            guard case .event(let time, let sample) = step else { continue }
            last = time
            let batch = Batch([(time, sample)], sequence: UInt64(index), watermark: time - 1)
            for element in try key.outputs(.batch(batch)) { _ = try scans.outputs(element) }
            guard sample.key % 2000 == 1999, sample.float == 1, sample.number / 100 == 3 else { continue }
            _ = try scans.outputs(.watermark(Timestamp(nanoseconds: time)))
            var state = StateWriter()
            try scans.snapshot(into: &state)
            sizes.append(state.chunks.reduce(0) { $0 + $1.bytes.count })
        }
        #expect(last > 0 && sizes.count == 3)
        #expect(Set(sizes).count == 1 && sizes[0] < 128 * 64, "\(sizes) bytes")
    }
}
