import PenstockEvents

@testable import PenstockEngine

/// A sink whose rows outlive a run, as those of a file do, and that can make the run fail.
final class DurableCollector<Input: Sendable>: Sink {
    private struct State {
        var values: [Input] = []
        var times: [Int64] = []
        var failsAt: Int?
        /// How many checkpoints of a run have to come by before it fails, and how many have.
        var checkpointsBefore = 0
        var checkpoints = 0
        var finished = 0
        var failsAtEnd = false
    }

    private let state = Guarded(State())

    init(_ type: Input.Type = Input.self) {}

    var summary: String { "durable collector" }
    var values: [Input] { state.withLock { $0.values } }
    var times: [Int64] { state.withLock { $0.times } }
    /// How often the sink came to its end.
    var finished: Int { state.withLock { $0.finished } }

    /// The next run fails when this many rows are there, or at its end; nil for one that comes to its end. It does not fail before a
    /// checkpoint in its middle is kept, if that is asked for: its beginning, that one, and the next, which begins when that one is kept.
    func fail(at count: Int?, afterCheckpoint: Bool = false) {
        state.withLock { state in
            state.failsAt = count
            state.checkpointsBefore = afterCheckpoint ? 3 : 0
            state.checkpoints = 0
        }
    }

    /// Whether the next run fails when the sink comes to its end.
    func failsAtEnd(_ fails: Bool) { state.withLock { $0.failsAtEnd = fails } }

    func check(_ context: SinkContext) {}

    func open(_ context: SinkContext) -> any SinkWriter<Input> {
        state.withLock { ($0.values, $0.times) = ([], []) }
        return Writer(sink: self)
    }

    func reopen(_ context: SinkContext, from bytes: [UInt8]) throws -> any SinkWriter<Input> {
        var decoder = StateDecoder(StateChunk(group: nil, bytes: bytes))
        let count = Int(try decoder.integer(UInt64.self))
        state.withLock { state in
            precondition(count <= state.values.count, "rows of a checkpoint are gone")
            state.values.removeLast(state.values.count - count)
            state.times.removeLast(state.times.count - count)
        }
        return Writer(sink: self)
    }

    private struct Writer: SinkWriter {
        let sink: DurableCollector<Input>

        mutating func write(_ events: Events<Input>) throws {
            for event in events {
                try sink.state.withLock { state in
                    if let limit = state.failsAt, state.values.count >= limit,
                        state.checkpoints >= state.checkpointsBefore
                    {
                        throw Failure()
                    }
                    state.values.append(event.value)
                    state.times.append(event.time.nanoseconds)
                }
            }
        }

        mutating func checkpoint() -> [UInt8]? {
            var encoder = StateEncoder()
            encoder.put(UInt64(sink.values.count))
            sink.state.withLock { $0.checkpoints += 1 }
            return encoder.bytes
        }

        mutating func finish() throws {
            try sink.state.withLock { state in
                if state.failsAtEnd || state.failsAt != nil { throw Failure() }
                state.finished += 1
            }
        }
        mutating func abandon() {}
    }
}
