internal import PenstockEvents

/// A value that comes once, and those who wait for it.
package final class Latch<Value: Sendable>: Sendable {
    private struct State {
        var value: Value?
        var waiting: [UInt64: CheckedContinuation<Value?, Never>] = [:]
        var nextWaiter: UInt64 = 0
    }

    private let state = Guarded(State())

    package init() {}

    package var value: Value? { state.withLock { $0.value } }

    /// Sets the value; false where there was one before.
    @discardableResult
    package func set(_ value: Value) -> Bool {
        let waiting = state.withLock { state -> [CheckedContinuation<Value?, Never>]? in
            guard state.value == nil else { return nil }
            state.value = value
            defer { state.waiting = [:] }
            return state.waiting.valuesInOrder
        }
        guard let waiting else { return false }
        for continuation in waiting { continuation.resume(returning: value) }
        return true
    }

    /// Suspends until there is a value; nil where the task is cancelled before that.
    package func wait() async -> Value? {
        let number = state.withLock { state in
            defer { state.nextWaiter += 1 }
            return state.nextWaiter
        }
        return await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let (isDone, value) = state.withLock { state -> (Bool, Value?) in
                    guard state.value == nil, !Task.isCancelled else { return (true, state.value) }
                    state.waiting[number] = continuation
                    return (false, nil)
                }
                if isDone { continuation.resume(returning: value) }
            }
        } onCancel: {
            state.withLock { $0.waiting.removeValue(forKey: number) }?.resume(returning: nil)
        }
    }
}
