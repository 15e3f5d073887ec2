import PenstockEvents
import PenstockLog
import TestSupport
import Testing

@testable import PenstockEngine

@Suite("What becomes of rows over a restart")
struct DeliveryTests {
    /// A receiver that drops what it has already, by the keys of the rows.
    private final class Receiver: Sink {
        let rows = Guarded<[String: Int64]>([:])
        let sent = Guarded(0)
        let failsAt = Guarded<Int?>(nil)

        var summary: String { "receiver" }
        var delivery: SinkDelivery { .atLeastOnce }
        func check(_ context: SinkContext) {}
        func open(_ context: SinkContext) -> any SinkWriter<Int64> { Writer(receiver: self, context: context) }

        private struct Writer: SinkWriter {
            let receiver: Receiver
            let context: SinkContext

            mutating func write(_ events: Events<Int64>) { preconditionFailure("rows have numbers") }

            mutating func write(_ events: Events<Int64>, rows: Range<UInt64>) throws {
                for (event, row) in zip(events, rows) {
                    let sent = receiver.sent.withLock { sent in
                        sent += 1
                        return sent
                    }
                    if let limit = receiver.failsAt.withLock({ $0 }), sent > limit { throw Failure() }
                    let key = context.key(of: row)
                    let before = receiver.rows.withLock { $0.updateValue(event.value, forKey: key) }
                    #expect(before == nil || before == event.value, "\(key)")
                }
            }

            mutating func finish() {}
            mutating func abandon() {}
        }
    }

    @Test("a receiver can drop rows that come again, by the run, the stage, the partition and the row's number")
    func keys() async throws {
        let receiver = Receiver()
        let flows = [
            FlowDescription(
                name: "f", stages: [BrokenRuns.source(4), .operation(AnyOperator(Running())), .to(receiver)])
        ]
        var runs = try BrokenRuns()
        for crash in [100, 350, nil] {
            receiver.failsAt.withLock { $0 = crash }
            try await runs.run(.init(parallelism: crash == nil ? 2 : 1, crash: crash), flows)
        }
        #expect(runs.restored.last != .some(nil))
        let rows = receiver.rows.withLock { $0 }
        #expect(rows.count == 501 && Set(rows.keys) == Set((0..<501).map { "test-1/f/To/0/\($0)" }))
        #expect(receiver.sent.withLock { $0 } >= 501)
    }

    @Test("explain says of each sink what becomes of its rows")
    func explained() throws {
        let source = FlowDescription(name: "s", stages: [BrokenRuns.source(4)])
        var transactions = StageDescription.to("t", Reading.self)
        transactions.delivery = .transactions
        let reading = StageDescription.map { (s: Sample) in Reading(s.key, s.float) }
        let text = try PhysicalPlan([
            source, FlowDescription(name: "a", stages: [.flow(source), reading, .to("r", Reading.self)]),
            FlowDescription(name: "b", stages: [.flow(source), reading, transactions]),
            FlowDescription(name: "c", stages: [.flow(source), .map { (s: Sample) in s.number }, .to(Receiver())]),
        ]).text
        #expect(text.contains("to topic r, exactly once: what comes again is passed over\n"))
        #expect(text.contains("to topic t, exactly once: in transactions, visible when their checkpoint is complete\n"))
        #expect(
            text.contains("writes receiver, at least once: rows behind the checkpoint come again with the same keys\n"))
    }
}
