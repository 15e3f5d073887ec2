internal import Dispatch
internal import PenstockEvents

/// Does something later, on a thread of its own: also where every thread of Swift concurrency is busy with somebody's science.
enum Pulse {
    private static let queue = DispatchQueue(label: "penstock.pulse")
    /// What is further away is slept for in pieces: it may be beyond what the system can count.
    private static let longestPause = Duration.seconds(3600)

    /// Suspends for a time, of which an hour at most, or until the task is cancelled.
    static func sleep(for pause: Duration) async {
        let isOver = Latch<Bool>()
        after(min(pause, longestPause)) { isOver.set(true) }
        _ = await isOver.wait()
    }

    /// Calls `body` when a time has passed.
    static func after(_ pause: Duration, _ body: @escaping @Sendable () -> Void) {
        queue.asyncAfter(deadline: .now() + .nanoseconds(Int(pause.nanoseconds)), execute: body)
    }
}
