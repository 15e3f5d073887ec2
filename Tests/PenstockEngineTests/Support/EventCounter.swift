import PenstockEvents

@testable import PenstockEngine

/// A sink that counts events, which may come in any order.
final class EventCounter: Sink {
    private let counted = Guarded(0)

    var summary: String { "counter" }
    var takesAnyOrder: Bool { true }
    var count: Int { counted.withLock { $0 } }

    func check(_ context: SinkContext) {}

    func open(_ context: SinkContext) -> any SinkWriter<Sample> { Writer(counter: self) }

    private struct Writer: SinkWriter {
        let counter: EventCounter

        mutating func write(_ events: Events<Sample>) { counter.counted.withLock { $0 += events.count } }
        mutating func finish() {}
        mutating func abandon() {}
    }
}
