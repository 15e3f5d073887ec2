/// How long something has been waited for, all times together. The clock is looked at where a wait begins and ends, nowhere else.
struct WaitTime: Sendable {
    private var ended: Int64 = 0
    /// When the wait began that goes on.
    private(set) var since: Int64?

    /// Whether somebody waits.
    var isWaiting: Bool { since != nil }

    /// A wait begins, unless one goes on.
    mutating func begin(at now: Int64) { since = since ?? now }

    /// The wait that goes on ends, if there is one.
    mutating func end(at now: Int64) {
        guard let since else { return }
        ended += now - since
        self.since = nil
    }

    /// All waits up to an instant, with the one that goes on.
    func total(at now: Int64) -> Int64 { ended + (since.map { max(now - $0, 0) } ?? 0) }
}
