internal import Dispatch
internal import PenstockEvents

/// Does something later, or again and again, on a thread of its own: also where every thread of Swift concurrency is busy with somebody's
/// science.
package enum Pulse {
    private static let queue = DispatchQueue(label: "penstock.pulse")
    /// What is further away is slept for in pieces.
    private static let longestPause = Duration.seconds(3600)

    /// Calls `body` every `pause` until it returns false. It must not block.
    package static func begin(every pause: Duration, _ body: @escaping @Sendable () -> Bool) {
        after(pause) { if body() { begin(every: pause, body) } }
    }

    /// Suspends for a time, or until the task is cancelled.
    package static func sleep(for pause: Duration) async {
        let isOver = Latch<Bool>()
        after(min(pause, longestPause)) { isOver.set(true) }
        _ = await isOver.wait()
    }

    private static func after(_ pause: Duration, _ body: @escaping @Sendable () -> Void) {
        queue.asyncAfter(deadline: .now() + .nanoseconds(Int(pause.nanoseconds)), execute: body)
    }
}
