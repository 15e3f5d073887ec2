public import PenstockEngine

/// Lets closed windows take late events for some time, and says when the rows that these change come.
///
/// It stands behind a window over time. The row at closing is then not final (`pane.isFinal`).
///
/// ```swift
/// Tumbling(every: .seconds(60))
/// AllowedLateness(.seconds(5))
/// ```
public struct AllowedLateness: WindowModifier {
    let duration: Duration
    let rows: Emission.LateRows
    /// Not used: the window that it belongs to has the name.
    public var options = StageOptions()

    /// Windows take late events until the watermark is `duration` behind their last instant. With `.onExpiry` a key gets one row more then if
    /// it had late events, with `.eachEvent` one after each of them.
    public init(_ duration: Duration, rows: Emission.LateRows = .onExpiry) {
        self.duration = duration
        self.rows = rows
    }

    /// Adds what it says.
    public func modify(_ emission: inout Emission) {
        emission.allowedLateness = duration.nanoseconds
        emission.lateRows = rows
    }
}

/// Gives rows of each key and window before the window closes: after so many of its events, or at each multiple of an interval of the
/// machine's clock if it has new events.
///
/// Such rows depend on how fast partitions are read: they are for looking at, not for keeping. Each replaces the one before it.
public struct Early: WindowModifier {
    let events: Int?
    let interval: Duration?
    /// Not used: the window that it belongs to has the name.
    public var options = StageOptions()

    /// A row after each `events` events, at least 1.
    public init(every events: Int) {
        self.events = events
        interval = nil
    }

    /// A row at each multiple of `interval` of the machine's clock.
    public init(every interval: Duration) {
        events = nil
        self.interval = interval
    }

    /// Adds what it says.
    public func modify(_ emission: inout Emission) {
        emission.earlyEvery = events ?? emission.earlyEvery
        emission.earlyInterval = interval?.nanoseconds ?? emission.earlyInterval
    }
}
