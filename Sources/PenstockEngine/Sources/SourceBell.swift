internal import PenstockEvents

/// Wakes a source stage that has nothing to read when there is something, or after a while.
final class SourceBell: Sendable {
    private struct State {
        var hasRung = false
        var sleeper: CheckedContinuation<Void, Never>?
    }

    private let state = Guarded(State())

    /// Ends the present or the next sleep.
    func ring() {
        let sleeper = state.withLock { state in
            defer { state.sleeper = nil }
            state.hasRung = state.sleeper == nil
            return state.sleeper
        }
        sleeper?.resume()
    }

    /// Sleeps until the bell rings, but not for longer than `duration`.
    func sleep(atMost duration: Duration) async {
        let alarm = Task {
            guard (try? await Task.sleep(for: duration)) != nil else { return }
            ring()
        }
        await withCheckedContinuation { continuation in
            let hasRung = state.withLock { state in
                defer { state.hasRung = false }
                if !state.hasRung { state.sleeper = continuation }
                return state.hasRung
            }
            if hasRung { continuation.resume() }
        }
        alarm.cancel()
    }
}
