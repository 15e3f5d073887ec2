internal import Dispatch

/// Does something again and again, on a thread of its own: also where every thread of Swift concurrency is busy with somebody's science.
enum Pulse {
    private static let queue = DispatchQueue(label: "penstock.pulse")

    /// Calls `body` every `pause` until it returns false. It must not block.
    static func begin(every pause: Duration, _ body: @escaping @Sendable () -> Bool) {
        let (seconds, attoseconds) = pause.components
        let nanoseconds = Int(seconds) * 1_000_000_000 + Int(attoseconds / 1_000_000_000)
        queue.asyncAfter(deadline: .now() + .nanoseconds(nanoseconds)) {
            if body() { begin(every: pause, body) }
        }
    }
}
