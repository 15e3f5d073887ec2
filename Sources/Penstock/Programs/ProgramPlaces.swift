internal import PenstockEvents

/// A number of places: whoever finds none free waits, the first that came goes in first.
final class ProgramPlaces: Sendable {
    private struct State {
        var free: Int
        var next: UInt64 = 0
        var waiting: [(number: UInt64, continuation: CheckedContinuation<Void, any Error>)] = []
        /// Those that were cancelled before they came to wait.
        var cancelled: Set<UInt64> = []
    }

    let count: Int
    private let state: Guarded<State>

    init(_ count: Int) {
        self.count = count
        state = Guarded(State(free: count))
    }

    /// Does something in a place of its own.
    /// - Throws: `CancellationError` where the task is cancelled while it waits, and what `body` throws.
    func withPlace<Value: Sendable>(_ body: () async throws -> Value) async throws -> Value {
        try await enter()
        defer { leave() }
        return try await body()
    }

    private func enter() async throws {
        let number = state.withLock { state in
            state.next += 1
            return state.next
        }
        try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { (continuation: CheckedContinuation<Void, any Error>) in
                let outcome: Result<Void, any Error>? = state.withLock { state in
                    if state.cancelled.remove(number) != nil { return .failure(CancellationError()) }
                    if state.free > 0 {
                        state.free -= 1
                        return .success(())
                    }
                    state.waiting.append((number, continuation))
                    return nil
                }
                if let outcome { continuation.resume(with: outcome) }
            }
        } onCancel: {
            cancel(number)
        }
        // Whoever was cancelled behind the door has nothing left to take back.
        state.withLock { _ = $0.cancelled.remove(number) }
    }

    private func cancel(_ number: UInt64) {
        let waiting: CheckedContinuation<Void, any Error>? = state.withLock { state in
            guard let place = state.waiting.firstIndex(where: { $0.number == number }) else {
                state.cancelled.insert(number)
                return nil
            }
            return state.waiting.remove(at: place).continuation
        }
        waiting?.resume(throwing: CancellationError())
    }

    private func leave() {
        let next: CheckedContinuation<Void, any Error>? = state.withLock { state in
            if !state.waiting.isEmpty { return state.waiting.removeFirst().continuation }
            state.free += 1
            return nil
        }
        next?.resume()
    }
}
