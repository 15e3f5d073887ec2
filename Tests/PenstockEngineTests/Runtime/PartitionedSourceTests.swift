import PenstockEvents
import Testing

@testable import PenstockEngine

@Suite("Sources in several instances")
struct PartitionedSourceTests {
    private func partitions(_ count: Int, seed: UInt64) -> [[Step]] {
        var random = SeededGenerator(seed: seed)
        return (0..<count).map { partition in
            let start = Step.control(.scanStart(ScanStart(scan: ScanID(UInt64(partition) + 1))))
            return [start]
                + (0..<200).map { index in
                    let time = Int64(index) * 3 + Int64.random(in: 0..<10, using: &random)
                    return .event(
                        time, Sample(key: .random(in: 0..<9, using: &random), number: Int64(index * 8 + partition)))
                }
        }
    }

    @Test("events in order and control records are those of one instance", arguments: [1, 7, 4096])
    func order(batch: Int) async throws {
        for count in [2, 3, 5] {
            let source = StageDescription.from(
                ScriptedSource(
                    partitions: partitions(count, seed: UInt64(count)), disorder: Disorder(boundNanoseconds: 9)))
            let expected = Collector(Sample.self)
            try await run([FlowDescription(name: "f", stages: [source, .to(expected)])], batch: 64)
            for parallelism in [2, 4] {
                let found = Collector(Sample.self)
                try await run(
                    [FlowDescription(name: "f", stages: [source, .to(found)])], batch: batch, parallelism: parallelism)
                #expect(found.values == expected.values, "\(count) partitions, parallelism \(parallelism)")
                #expect(found.times == expected.times)
                #expect(Set(found.controls) == Set(expected.controls) && found.controls.count == count)
            }
        }
    }

    @Test("a control record of each partition comes through a keyed stage once", arguments: [1, 7])
    func controls(batch: Int) async throws {
        let source = StageDescription.from(
            ScriptedSource(partitions: partitions(3, seed: 1), disorder: Disorder(boundNanoseconds: 9)))
        let key = StageDescription.keyBy { (s: Sample) in s.key }
        let sum = StageDescription.aggregate(
            .time(TimeWindows(size: 10, every: 10)), Aggregate(.sum, .float))
        let expected = Collector(Row.self)
        try await run([FlowDescription(name: "f", stages: [source, key, sum, .to(expected)])], batch: 64)
        let found = Collector(Row.self)
        try await run(
            [FlowDescription(name: "f", stages: [source, key, sum, .to(found)])], batch: batch, parallelism: 4)
        #expect(found.values == expected.values && !found.values.isEmpty)
        #expect(Set(found.controls) == Set(expected.controls) && found.controls.count == 3)
    }

    @Test("a time mark holds for all instances as far as the least of theirs")
    func marks() {
        var gate = InputGate(inputs: [0, 0], areSources: [true, true])
        func mark(_ sender: Int, _ time: Int64) -> ControlRecord? {
            gate.pass(.control(.timeMark(Timestamp(nanoseconds: time))), from: sender)?.control
        }
        #expect(mark(0, 5) == nil)
        #expect(mark(1, 3) == .timeMark(Timestamp(nanoseconds: 3)))
        #expect(mark(0, 9) == nil)
        #expect(mark(1, 7) == .timeMark(Timestamp(nanoseconds: 7)))
    }
}
