import PenstockEvents
import PenstockLog

/// A clock that stands until the test moves it.
final class ManualTimerClock: MonotonicClock {
    private struct Sleeper {
        let number: Int
        let deadline: Int64
        let continuation: CheckedContinuation<Void, Never>
    }

    private struct State {
        var time: Int64 = 1_000_000_000
        var sleepers: [Sleeper] = []
        var nextNumber = 0
    }

    private let state = Guarded(State())

    func now() -> MonotonicInstant { MonotonicInstant(nanoseconds: state.withLock { $0.time }) }

    /// How many sleep.
    var sleeperCount: Int { state.withLock { $0.sleepers.count } }

    func sleep(until instant: MonotonicInstant) async throws {
        let deadline = instant.nanoseconds
        let number = state.withLock { state in
            defer { state.nextNumber += 1 }
            return state.nextNumber
        }
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let sleeps = state.withLock { state in
                    guard deadline > state.time, !Task.isCancelled else { return false }
                    state.sleepers.append(.init(number: number, deadline: deadline, continuation: continuation))
                    return true
                }
                if !sleeps { continuation.resume() }
            }
        } onCancel: {
            let sleeper = state.withLock { state in
                state.sleepers.firstIndex { $0.number == number }.map { state.sleepers.remove(at: $0) }
            }
            sleeper?.continuation.resume()
        }
        try Task.checkCancellation()
    }

    /// Goes on by a duration, and wakes who has slept long enough.
    func advance(by duration: Duration) {
        let woken = state.withLock { state in
            state.time += duration.nanoseconds
            let time = state.time
            defer { state.sleepers.removeAll { $0.deadline <= time } }
            return state.sleepers.filter { $0.deadline <= time }
        }
        for sleeper in woken { sleeper.continuation.resume() }
    }

    /// Suspends until so many sleep at once.
    func sleepers(_ count: Int) async throws { try await eventually { self.sleeperCount >= count } }
}

/// A clock on which every sleep is over at once, and time has passed.
final class SkippingTimerClock: MonotonicClock {
    private let time = Guarded<Int64>(1_000_000_000)

    func now() -> MonotonicInstant { MonotonicInstant(nanoseconds: time.withLock { $0 }) }

    func sleep(until instant: MonotonicInstant) async throws {
        await Task.yield()
        time.withLock { $0 = max($0, instant.nanoseconds) }
    }
}
