import PenstockEvents

@testable import PenstockEngine

/// A sink that keeps what it gets, and counts how it was treated.
final class Collector<Input: Sendable>: Sink {
    struct State {
        var values: [Input] = []
        var times: [Int64] = []
        var controls: [ControlRecord] = []
        /// The calls other than `write` and `control`, in order.
        var calls: [String] = []
    }

    /// Where the sink throws `Failure`.
    enum Fault: Sendable { case none, check, open, write, finish }

    private let state = Guarded(State())
    private let fault: Fault
    /// Called with the number of events so far.
    private let observe: @Sendable (Int) -> Void

    init(_ type: Input.Type = Input.self, fault: Fault = .none, observe: @escaping @Sendable (Int) -> Void = { _ in }) {
        self.fault = fault
        self.observe = observe
    }

    var summary: String { "collector \"of\" \(Input.self)" }
    var values: [Input] { state.withLock { $0.values } }
    var times: [Int64] { state.withLock { $0.times } }
    var controls: [ControlRecord] { state.withLock { $0.controls } }
    var calls: [String] { state.withLock { $0.calls } }

    func check(_ context: SinkContext) throws {
        if fault == .check { throw Failure() }
    }

    func open(_ context: SinkContext) throws -> any SinkWriter<Input> {
        if fault == .open { throw Failure() }
        return Writer(sink: self)
    }

    private struct Writer: SinkWriter {
        let sink: Collector<Input>

        mutating func write(_ events: Events<Input>) throws {
            if sink.fault == .write { throw Failure() }
            let count = sink.state.withLock { state in
                for event in events {
                    state.values.append(event.value)
                    state.times.append(event.time.nanoseconds)
                }
                return state.values.count
            }
            sink.observe(count)
        }

        mutating func control(_ record: ControlRecord) { sink.state.withLock { $0.controls.append(record) } }

        mutating func finish() throws {
            sink.state.withLock { $0.calls.append("finish") }
            if sink.fault == .finish { throw Failure() }
        }

        mutating func abandon() { sink.state.withLock { $0.calls.append("abandon") } }
    }
}
