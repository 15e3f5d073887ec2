import PenstockEvents
import Testing

@testable import PenstockEngine

/// The scripted cases of stream-semantics.md, section 15, that are about sessions, under their numbers. The rows' sums stand for the
/// elements.
@Suite("Scripted cases of sessions")
struct ScriptedSessionTests {
    private func session(_ gap: Int64) -> KeyedWindow { .session(SessionWindows(gap: .fixed(gap))) }

    private func check(
        _ steps: [Step], lateness: Int64 = 0, rows expected: [(Int64, Int64, [Int64])], late: Int = 0
    ) async throws {
        let aggregate = Aggregate(.mean, .integer, emission: Emission(allowedLateness: lateness))
        for (batch, parallelism) in [(1, 1), (7, 2), (4096, 4)] {
            let collector = Collector(Row.self)
            let flow = FlowDescription(
                name: "case",
                stages: [
                    .from(ScriptedSource(partitions: [steps], disorder: .marks)), .keyBy { (s: Sample) in s.key },
                    .aggregate(session(10), aggregate), .to(collector),
                ])
            let statistics = try await run([flow], batch: batch, parallelism: parallelism).statistics
            let rows = expected.map { start, end, elements in
                let sum = elements.reduce(0, +)
                return Row(
                    key: "0", start: start, end: end, count: Int64(elements.count), integer: sum,
                    bits: (Double(sum) / Double(elements.count)).bitPattern)
            }
            #expect(collector.values == rows, "batch \(batch), parallelism \(parallelism)")
            #expect(statistics == OperatorStatistics(lateEvents: late), "batch \(batch), parallelism \(parallelism)")
        }
    }

    @Test("case 10: two events exactly the gap apart are one session")
    func case10() async throws { try await check([.e(0), .e(10)], rows: [(0, 20, [0, 10])]) }

    @Test("case 11: one tick before its end a session is still open")
    func case11() async throws { try await check([.e(0), .w(9), .e(10)], rows: [(0, 20, [0, 10])]) }

    @Test("case 12: a session ends when the watermark reaches its end, and an event there is late then")
    func case12() async throws {
        try await check([.e(0), .w(10), .e(10)], rows: [(0, 10, [0])], late: 1)
        var sessions = processor(gap: 10)
        #expect(try sessions.rowsAndWatermark([.e(0)], watermark: 9) == ([], 9))
        #expect(try sessions.rowsAndWatermark([], watermark: 10) == (["[0, 10]"], 10))
    }

    @Test("case 13: two events one tick more than the gap apart are two sessions")
    func case13() async throws { try await check([.e(0), .e(11)], rows: [(0, 10, [0]), (11, 21, [11])]) }

    @Test("case 14: an event joins two open sessions")
    func case14() async throws { try await check([.e(0), .e(20), .e(10)], rows: [(0, 30, [0, 20, 10])]) }

    @Test("case 15: an event before the watermark is late, also where its interval reaches a session")
    func case15() async throws {
        try await check([.e(0), .e(8), .w(10), .e(-3)], rows: [(0, 18, [0, 8])], late: 1)
    }

    @Test("case 16: with allowed lateness a session waits for late events and answers once")
    func case16() async throws {
        try await check([.e(0), .e(8), .w(10), .e(-3)], lateness: 15, rows: [(-3, 18, [0, 8, -3])])
        var sessions = processor(gap: 10, lateness: 15)
        #expect(try sessions.rowsAndWatermark([.e(0), .e(8)], watermark: 10) == ([], -5))
        #expect(try sessions.rowsAndWatermark([.e(-3)], watermark: 32, behind: 10) == ([], 17))
        #expect(try sessions.rowsAndWatermark([], watermark: 33) == (["[-3, 18]"], 18))
    }

    @Test("case 17: an event at a closed session's end makes no second session")
    func case17() async throws {
        try await check([.e(0), .e(10), .w(20), .e(15)], rows: [(0, 20, [0, 10])], late: 1)
    }

    private func processor(gap: Int64, lateness: Int64 = 0) -> any Processor {
        session(gap).makeProcessor(
            WindowStageOptions(
                stage: testStage,
                aggregate: Aggregate(.count, .nothing, emission: Emission(allowedLateness: lateness)),
                origin: Origin(stage: 1, partition: 0), batchEvents: 4096, input: ValueType(Sample.self)))
    }
}

extension Processor {
    /// The windows of the rows, and the watermark, that follow from some events of one key and the watermark after them. Where `behind` is
    /// given the events are behind that watermark.
    fileprivate mutating func rowsAndWatermark(
        _ steps: [Step], watermark: Int64, behind: Int64? = nil
    ) throws -> ([String], Int64?) {
        let events = steps.compactMap { step -> (time: Int64, sample: Sample)? in
            if case .event(let time, let sample) = step { (time, sample) } else { nil }
        }
        var element = StreamElement.watermark(Timestamp(nanoseconds: watermark))
        if !events.isEmpty {
            let marks = behind.map { mark in
                events.indices.map { BehindMark(row: UInt32($0), watermark: Timestamp(nanoseconds: mark)) }
            }
            var batch = Batch(events, behind: marks ?? [], watermark: watermark)
            let hashes = Column<UInt64>(capacity: events.count)
            hashes.values.initialize(repeating: SplitMix64.mix(Int64(0).canonicalInteger), count: events.count)
            batch.keys = KeyColumn(hashes: hashes, arena: nil)
            element = .batch(batch)
        }
        let outputs = try outputs(element)
        // A row that is later than the watermark sent with it would be late in the next stage.
        for batch in outputs.compactMap(\.batch) {
            for row in 0..<batch.rowCount { #expect(batch.times.values[row] > batch.watermark.nanoseconds) }
        }
        return (
            outputs.compactMap(\.batch).flatMap { $0.values(Row.self) }.map { "[\($0.start), \($0.end)]" },
            outputs.last?.watermark
        )
    }
}
