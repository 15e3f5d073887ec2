import PenstockEvents

@testable import PenstockEngine

/// A clock that goes on when it is told to.
final class VirtualClock: RunClock {
    private struct State {
        var now: Int64 = 0
        var calls: [(instant: Int64, body: @Sendable () -> Void)] = []

        mutating func takeDue() -> [@Sendable () -> Void] {
            let due = calls.filter { $0.instant <= now }.map(\.body)
            calls.removeAll { $0.instant <= now }
            return due
        }
    }

    private let state = Guarded(State())

    var nanoseconds: Int64 { state.withLock { $0.now } }

    func call(at instant: Int64, _ body: @escaping @Sendable () -> Void) {
        let due = state.withLock { state in
            state.calls.append((instant, body))
            return state.takeDue()
        }
        for call in due { call() }
    }

    func advance(by nanoseconds: Int64) {
        let due = state.withLock { state in
            state.now += nanoseconds
            return state.takeDue()
        }
        for call in due { call() }
    }
}
