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

/// Gives a row of each key and window after each so many of its events, before the window closes.
///
/// Such rows depend on how fast partitions are read: they are for looking at, not for keeping.
public struct Early: WindowModifier {
    let events: Int
    /// Not used: the window that it belongs to has the name.
    public var options = StageOptions()

    /// A row after each `events` events, at least 1.
    public init(every events: Int) { self.events = events }

    /// Adds what it says.
    public func modify(_ emission: inout Emission) { emission.earlyEvery = events }
}
