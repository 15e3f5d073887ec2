internal import PenstockEvents

/// A value that comes once, and those who wait for it.
///
/// A continuation only wakes; the value is taken from behind the lock. Where a task is woken before it has suspended, the thread sanitizer
/// does not see what the continuation itself would hand over, and reports it.
package final class Latch<Value: Sendable>: Sendable {
    private struct State {
        var value: Value?
        var waiting: [UInt64: CheckedContinuation<Void, Never>] = [:]
        var nextWaiter: UInt64 = 0
    }

    private let state = Guarded(State())

    package init() {}

    package var value: Value? { state.withLock { $0.value } }

    /// Sets the value; false where there was one before.
    @discardableResult
    package func set(_ value: Value) -> Bool {
        let waiting = state.withLock { state -> [CheckedContinuation<Void, Never>]? in
            guard state.value == nil else { return nil }
            state.value = value
            defer { state.waiting = [:] }
            return state.waiting.valuesInOrder
        }
        guard let waiting else { return false }
        for continuation in waiting { continuation.resume() }
        return true
    }

    /// Suspends until there is a value; nil where the task is cancelled before that.
    package func wait() async -> Value? {
        let number = newNumber()
        await withTaskCancellationHandler {
            await suspend(number) { Task.isCancelled }
        } onCancel: {
            state.withLock { $0.waiting.removeValue(forKey: number) }?.resume()
        }
        return value
    }

    /// Suspends until there is a value, also where the task is cancelled.
    package func waitEvenIfCancelled() async -> Value {
        await suspend(newNumber()) { false }
        guard let value else { preconditionFailure("who waits is woken by a value only") }
        return value
    }

    private func newNumber() -> UInt64 {
        state.withLock { state in
            defer { state.nextWaiter += 1 }
            return state.nextWaiter
        }
    }

    // Asks for `isOver` behind the lock, so that a cancellation finds the waiter or is found by it.
    private func suspend(_ number: UInt64, unless isOver: () -> Bool) async {
        await withCheckedContinuation { continuation in
            let isDone = state.withLock { state in
                guard state.value == nil, !isOver() else { return true }
                state.waiting[number] = continuation
                return false
            }
            if isDone { continuation.resume() }
        }
    }
}
