/// How long a partition has had nothing to read while it could have been read.
struct QuietTime {
    /// Whether the partition is left out of the watermark.
    var isIdle = false
    private var since: Int64?

    /// There was nothing to read at an instant of the clock that stands still while the stage waits for others.
    mutating func foundNothing(at now: Int64, limit: Int64) {
        guard let since else {
            since = now
            return
        }
        if now - since >= limit { isIdle = true }
    }

    /// There was something to read, or the partition was not looked at: what was quiet before does not count.
    mutating func begin() { since = nil }
}
