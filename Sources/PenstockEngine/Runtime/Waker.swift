/// Wakes a stage that waits for its input, from any thread: something has come that one of its operators waits for.
struct Waker: Sendable {
    private let inbox: Inbox
    /// The run's clock.
    let clock: any RunClock

    init(_ inbox: Inbox, _ clock: any RunClock) {
        self.inbox = inbox
        self.clock = clock
    }

    /// Lets the stage call `wake` of its operators soon. Several calls before that are one.
    func wake() { inbox.wake() }

    /// The same once the clock has come to an instant.
    func wake(at instant: Int64) {
        let inbox = inbox
        clock.call(at: instant) { inbox.wake() }
    }
}
