internal import PenstockEvents

/// What has been told by a number of calls, for a test to wait for.
package final class Outcomes<Value: Sendable>: Sendable {
    private struct State {
        var values: [Value] = []
        var waiting: [(count: Int, continuation: CheckedContinuation<Void, Never>)] = []
    }

    private let state = Guarded(State())

    package init() {}

    package var values: [Value] { state.withLock { $0.values } }

    package func add(_ value: Value) {
        let due = state.withLock { state in
            state.values.append(value)
            let count = state.values.count
            let due = state.waiting.filter { $0.count <= count }
            state.waiting.removeAll { $0.count <= count }
            return due
        }
        for (_, continuation) in due { continuation.resume() }
    }

    /// The values, when there are so many.
    package func values(_ count: Int) async -> [Value] {
        await withCheckedContinuation { continuation in
            let isThere = state.withLock { state in
                if state.values.count >= count { return true }
                state.waiting.append((count, continuation))
                return false
            }
            if isThere { continuation.resume() }
        }
        return values
    }
}
