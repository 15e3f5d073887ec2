import PenstockEvents
import Testing

@testable import PenstockEngine

@Suite("Scan windows by count")
struct CountedScanTests {
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
