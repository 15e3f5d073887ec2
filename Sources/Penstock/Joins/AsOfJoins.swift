public import PenstockEngine
public import PenstockEvents

// Joins of each event with the one that is in effect at its time: the last motor position, the valid version of a table. The row has the time of
// the left event.

/// Where the right event of an as-of join lies.
public struct AsOfDirection: Sendable {
    @usableFromInline let rule: TimedJoinRule.AsOf

    /// The latest event that is not later, at most `tolerance` before where one is given. `strictly`: earlier, not at the same time.
    public static func backward(tolerance: Duration? = nil, strictly: Bool = false) -> AsOfDirection {
        AsOfDirection(rule: .init(.backward, isStrict: strictly, tolerance: tolerance?.nanoseconds))
    }

    /// The earliest event that is not earlier, at most `tolerance` behind. Rows come so much later.
    public static func forward(tolerance: Duration) -> AsOfDirection {
        AsOfDirection(rule: .init(.forward, tolerance: tolerance.nanoseconds))
    }

    /// The closer one of both; the earlier one where both are equally close. Rows come later by `tolerance`.
    public static func nearest(tolerance: Duration) -> AsOfDirection {
        AsOfDirection(rule: .init(.nearest, tolerance: tolerance.nanoseconds))
    }
}

/// Each event of the left side with the event of the right side that is in effect at its time, or nil: the beginning of a flow.
///
/// ```swift
/// AsOf(frames, positions, on: \.axis, \.axis) { (f: Frame, p: Position?) in
///     PlacedFrame(number: f.number, angle: p?.angle)
/// }
/// ```
/// Of several right events of the same time the last one in canonical order is in effect.
/// - Parameters:
///   - left: A source, a flow or another join.
///   - right: A source, a flow or another join.
///   - leftKey: The key of an event of the left side.
///   - rightKey: The key of an event of the right side.
///   - direction: Where the right event lies; by default it is the latest one that is not later.
///   - allowedLateness: How long late events are waited for; rows come so much later.
///   - row: What becomes of a left event and its match. What it throws ends the run and names the event.
@inlinable public func AsOf<L: Sendable, R: Sendable, Key: EventKey, Row: Sendable, Failure: Error>(
    _ left: some StreamInput<L>, _ right: some StreamInput<R>, on leftKey: @escaping @Sendable (L) -> Key,
    _ rightKey: @escaping @Sendable (R) -> Key, _ direction: AsOfDirection = .backward(),
    allowedLateness: Duration = .zero, _ row: @escaping @Sendable (_ left: L, _ match: R?) throws(Failure) -> Row
) -> Joined<Row> {
    Joined(
        "AsOf", left.keyed(by: leftKey), right.keyed(by: rightKey),
        AnyOperator(
            joining: .asOf(direction.rule), allowedLateness: allowedLateness.nanoseconds, .left(row)))
}

/// Each event of the left side with the event of the right side that is in effect at its time; those for which there is none are dropped and
/// counted.
/// - Parameters:
///   - left: A source, a flow or another join.
///   - right: A source, a flow or another join.
///   - leftKey: The key of an event of the left side.
///   - rightKey: The key of an event of the right side.
///   - direction: Where the right event lies; by default it is the latest one that is not later.
///   - allowedLateness: How long late events are waited for; rows come so much later.
///   - row: What becomes of a left event and its match. What it throws ends the run and names the event.
@inlinable public func InnerAsOf<L: Sendable, R: Sendable, Key: EventKey, Row: Sendable, Failure: Error>(
    _ left: some StreamInput<L>, _ right: some StreamInput<R>, on leftKey: @escaping @Sendable (L) -> Key,
    _ rightKey: @escaping @Sendable (R) -> Key, _ direction: AsOfDirection = .backward(),
    allowedLateness: Duration = .zero, _ row: @escaping @Sendable (_ left: L, _ match: R) throws(Failure) -> Row
) -> Joined<Row> {
    Joined(
        "InnerAsOf", left.keyed(by: leftKey), right.keyed(by: rightKey),
        AnyOperator(
            joining: .asOf(direction.rule), allowedLateness: allowedLateness.nanoseconds, .inner(row)))
}
