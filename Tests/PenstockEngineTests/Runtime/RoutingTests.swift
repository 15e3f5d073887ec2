import PenstockEvents
import Testing

@testable import PenstockEngine

@Suite("Shuffle and merge")
struct RoutingTests {
    @Test("instance i of P owns the key groups ceil(i·128/P) ..< ceil((i+1)·128/P)")
    func keyGroups() {
        for instances in 1...128 {
            var isRight = true
            for instance in 0..<instances {
                let first = (instance * 128 + instances - 1) / instances
                let end = ((instance + 1) * 128 + instances - 1) / instances
                for group in first..<end {
                    // The first and the last hash of the group: the upper 32 bits scaled to 128 groups.
                    for hash in [UInt64(group) << 57, (UInt64(group) << 57) | ((1 << 57) - 1)] {
                        isRight = isRight && KeyRouter.instance(of: hash, among: instances) == instance
                    }
                }
            }
            #expect(isRight, "\(instances) instances")
        }
    }

    @Test("each event goes to exactly one instance, in order, with its columns shared")
    func split() throws {
        for seed in UInt64(0)..<50 {
            var random = SeededGenerator(seed: seed)
            var batch = Batch(
                (0..<Int64(50)).map { ($0, Sample(key: .random(in: 0...20, using: &random), number: $0)) })
            if random.once(in: 2) { batch.selection = Selection(rows: (0..<50).filter { _ in random.once(in: 2) }) }
            var key = KernelProcessor(stage: testStage, kernel: keyKernel { (s: Sample) in s.key })
            let keyed = try #require(try key.outputs(.batch(batch)).first?.batch)
            let instances = Int.random(in: 1...8, using: &random)
            let parts = KeyRouter(instances: instances).split(keyed)
            var seen: [Int64] = []
            for (instance, part) in parts.enumerated() {
                guard let part else { continue }
                #expect(part.values === keyed.values)
                let samples = part.values(Sample.self)
                #expect(!samples.isEmpty && samples.map(\.number) == samples.map(\.number).sorted(), "seed \(seed)")
                for sample in samples {
                    #expect(
                        KeyRouter.instance(of: SplitMix64.mix(sample.key.canonicalInteger), among: instances)
                            == instance,
                        "seed \(seed)")
                }
                seen += samples.map(\.number)
            }
            #expect(seen.sorted() == keyed.values(Sample.self).map(\.number), "seed \(seed)")
        }
    }

    @Test("a gate's watermark is the minimum of its inputs, and never falls")
    func gateWatermark() {
        var gate = InputGate(inputs: Array(repeating: 0, count: 3))
        func rise(_ input: Int, _ time: Int64) -> Int64? {
            gate.pass(.watermark(Timestamp(nanoseconds: time)), from: input)?.watermark
        }
        #expect(rise(0, 10) == nil)
        #expect(rise(1, 5) == nil)
        #expect(rise(2, 7) == 5)
        #expect(rise(1, 6) == 6)
        #expect(rise(1, 4) == nil, "an older watermark changes nothing")
        #expect(rise(1, 20) == 7)
        #expect(gate.pass(.batch(Batch([], watermark: 30)), from: 0)?.batch?.watermark == Timestamp(nanoseconds: 7))
        #expect(gate.pass(.end, from: 2)?.watermark == 20, "an input that has ended holds nobody back")
        #expect(gate.pass(.end, from: 0) == nil)
        #expect(gate.pass(.end, from: 1)?.isEnd == true)
    }

    @Test("a gate passes each control record on once, when all inputs have given it")
    func gateControls() {
        var gate = InputGate(inputs: Array(repeating: 0, count: 2))
        let begin = StreamElement.control(.scanStart(ScanStart(scan: ScanID(1))))
        let end = StreamElement.control(.scanEnd(ScanEnd(scan: ScanID(1), eventCount: 3)))
        #expect(gate.pass(begin, from: 0) == nil)
        #expect(gate.pass(end, from: 0) == nil)
        #expect(gate.pass(begin, from: 1)?.control == .scanStart(ScanStart(scan: ScanID(1))))
        #expect(gate.pass(end, from: 1)?.control == .scanEnd(ScanEnd(scan: ScanID(1), eventCount: 3)))
    }

    @Test("a merge orders by effective time, origin and key, and keeps the order of one key")
    func merge() throws {
        var merge = OrderedMerge(batchEvents: 2, of: ValueType(Sample.self))
        func batch(_ instance: UInt32, _ rows: [(Int64, Int64)], sequence: UInt64 = 0) throws -> StreamElement {
            var key = KernelProcessor(stage: testStage, kernel: keyKernel { (s: Sample) in s.key })
            let samples = rows.enumerated().map { ($1.0, Sample(key: $1.1, number: Int64($0) + Int64(sequence))) }
            let keyed = try key.outputs(.batch(Batch(samples, origin: Origin(keyedStage: 1), sequence: sequence))).first
            var batch = try #require(keyed?.batch)
            batch.placeKeys = batch.keys
            return .batch(batch)
        }
        #expect(try merge.outputs(batch(0, [(5, 3), (5, -1), (9, 0)])).isEmpty)
        #expect(try merge.outputs(batch(1, [(5, 2), (7, 2), (5, 3)], sequence: 10)).isEmpty)
        let first = merge.outputs7
        #expect(first.map(\.key) == [-1, 2, 3, 3, 2])
        #expect(first.map(\.number) == [1, 10, 0, 12, 11])
        let rest = try merge.outputs(.end)
        #expect(rest.compactMap(\.batch).flatMap { $0.values(Sample.self) }.map(\.key) == [0])
        #expect(rest.last?.isEnd == true, "nothing follows the end")
    }
}

extension OrderedMerge {
    /// The samples that leave when the watermark is 7.
    fileprivate var outputs7: [Sample] {
        mutating get {
            accept(.watermark(Timestamp(nanoseconds: 7)))
            var samples: [Sample] = []
            while let element = next() { samples += element.batch?.values(Sample.self) ?? [] }
            return samples
        }
    }
}
