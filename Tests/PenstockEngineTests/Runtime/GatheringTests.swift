import PenstockEvents
import Testing

@testable import PenstockEngine

@Suite("Small batches in channels")
struct GatheringTests {
    private func batch(_ partition: UInt32, _ rows: Range<Int64>, watermark: Int64, marked: Bool = false)
        -> StreamElement
    {
        .batch(
            Batch(
                rows.map { ($0, Sample(key: $0 % 3, number: $0)) }, origin: Origin(stage: 0, partition: partition),
                sequence: UInt64(rows.lowerBound),
                behind: marked ? [BehindMark(row: 0, watermark: Timestamp(nanoseconds: rows.lowerBound))] : [],
                watermark: watermark))
    }

    @Test("batches that wait become one for each origin, and their watermark comes behind all of them")
    func gathering() async throws {
        let inbox = Inbox(inputs: [0])
        try await inbox.send(batch(0, 0..<3, watermark: 1), from: 0)
        try await inbox.send(batch(1, 10..<12, watermark: 2), from: 0)
        try await inbox.send(.watermark(Timestamp(nanoseconds: 5)), from: 0)
        try await inbox.send(batch(0, 7..<9, watermark: 6, marked: true), from: 0)
        try await inbox.send(.barrier(1), from: 0)
        try await inbox.send(batch(0, 20..<21, watermark: 8), from: 0)
        let first = try #require(try await inbox.receive().element.batch)
        #expect(first.values(Sample.self).map(\.number) == [0, 1, 2, 7, 8])
        #expect(first.behind.map(\.row) == [3] && first.behind[0].watermark == Timestamp(nanoseconds: 7))
        #expect(first.watermark == .distantPast, "rows of the other origin are still to come")
        let second = try #require(try await inbox.receive().element.batch)
        #expect(second.values(Sample.self).map(\.number) == [10, 11])
        #expect(second.origin.partition == 1 && second.watermark == Timestamp(nanoseconds: 6))
        guard case .barrier(1) = try await inbox.receive().element else {
            Issue.record("rows passed a barrier")
            return
        }
        #expect(try await inbox.receive().element.batch?.values(Sample.self).map(\.number) == [20])
    }

    @Test("continuous latency: rows for a receiver that waits arrive although nothing follows them")
    func pause() async throws {
        for element in [batch(0, 0..<1, watermark: 0), .watermark(Timestamp(nanoseconds: 4))] {
            let inbox = Inbox(inputs: [0, 0])
            let receiving = Task { try await inbox.receive() }
            await Task.yield()
            try await inbox.send(element, from: 1)
            #expect(try await receiving.value.sender == 1)
        }
    }

    @Test("no row is lost or changes places with another of its origin, and no watermark comes before its rows")
    func stress() async throws {
        for seed in UInt64(0)..<20 {
            let inbox = Inbox(inputs: [0, 0])
            try await withThrowingTaskGroup(of: Void.self) { group in
                for sender in 0..<2 {
                    group.addTask {
                        var random = SeededGenerator(seed: seed * 2 + UInt64(sender))
                        var next: [Int64] = [0, 0]
                        while next[0] + next[1] < 6000 {
                            let partition = Int.random(in: 0...1, using: &random)
                            let size = Int64(random.once(in: 10) ? 600 : .random(in: 1...20, using: &random))
                            let rows = next[partition]..<next[partition] + size
                            next[partition] += size
                            try await inbox.send(
                                self.batch(UInt32(partition), rows, watermark: next.min()! - 1), from: sender)
                        }
                        try await inbox.send(.end, from: sender)
                    }
                }
                var next = Array(repeating: [Int64](repeating: 0, count: 2), count: 2)
                var reached = [Int64.min, .min]
                var ended = 0
                while ended < 2 {
                    let (sender, element) = try await inbox.receive()
                    if element.isEnd { ended += 1 }
                    if let time = element.watermark { reached[sender] = time }
                    guard let batch = element.batch else { continue }
                    let partition = Int(batch.origin.partition)
                    for sample in batch.values(Sample.self) {
                        #expect(sample.number == next[sender][partition], "seed \(seed)")
                        #expect(sample.number > reached[sender], "seed \(seed): a row behind its watermark")
                        next[sender][partition] = sample.number + 1
                    }
                    reached[sender] = max(reached[sender], batch.watermark.nanoseconds)
                }
                #expect(next.allSatisfy { $0[0] + $0[1] >= 6000 }, "seed \(seed)")
                try await group.waitForAll()
            }
        }
    }
}
