public import PenstockEngine
public import PenstockEvents

// Joins by the distance of times. The row of a pair has the time of the later event, a row without a partner that of its event. Rows come in the
// order of their times, those of the same time by key.

/// Pairs of events that have the same key, the right one from `lower` to `upper` behind the left one, both ends included: the beginning of a
/// flow.
///
/// ```swift
/// Join(pulses, hits, on: \.channel, \.channel, between: .zero, .milliseconds(2)) { (p: Pulse, h: Hit) in
///     Delay(channel: p.channel, seconds: h.time - p.time)
/// }
/// ```
/// - Parameters:
///   - left: A source, a flow or another join.
///   - right: A source, a flow or another join.
///   - leftKey: The key of an event of the left side.
///   - rightKey: The key of an event of the right side.
///   - lower: How far behind the left event the right one is at least; may be negative.
///   - upper: How far behind the left event the right one is at most; may be negative.
///   - allowedLateness: How long late events are waited for; rows come so much later.
///   - row: What becomes of a pair. What it throws ends the run and names the event.
@inlinable public func Join<L: Sendable, R: Sendable, Key: EventKey, Row: Sendable, Failure: Error>(
    _ left: some StreamInput<L>, _ right: some StreamInput<R>, on leftKey: @escaping @Sendable (L) -> Key,
    _ rightKey: @escaping @Sendable (R) -> Key, between lower: Duration, _ upper: Duration,
    allowedLateness: Duration = .zero, _ row: @escaping @Sendable (_ left: L, _ right: R) throws(Failure) -> Row
) -> Joined<Row> {
    Joined(
        "Join", left.keyed(by: leftKey), right.keyed(by: rightKey),
        AnyOperator(
            joining: .interval(lower: lower.nanoseconds, upper: upper.nanoseconds),
            allowedLateness: allowedLateness.nanoseconds, .inner(row)))
}

/// Pairs of events by the distance of their times, and a row for each event of the left side without a partner.
/// - Parameters:
///   - left: A source, a flow or another join.
///   - right: A source, a flow or another join.
///   - leftKey: The key of an event of the left side.
///   - rightKey: The key of an event of the right side.
///   - lower: How far behind the left event the right one is at least; may be negative.
///   - upper: How far behind the left event the right one is at most; may be negative.
///   - allowedLateness: How long late events are waited for; rows come so much later.
///   - row: What becomes of a pair. What it throws ends the run and names the event.
@inlinable public func LeftJoin<L: Sendable, R: Sendable, Key: EventKey, Row: Sendable, Failure: Error>(
    _ left: some StreamInput<L>, _ right: some StreamInput<R>, on leftKey: @escaping @Sendable (L) -> Key,
    _ rightKey: @escaping @Sendable (R) -> Key, between lower: Duration, _ upper: Duration,
    allowedLateness: Duration = .zero, _ row: @escaping @Sendable (_ left: L, _ right: R?) throws(Failure) -> Row
) -> Joined<Row> {
    Joined(
        "LeftJoin", left.keyed(by: leftKey), right.keyed(by: rightKey),
        AnyOperator(
            joining: .interval(lower: lower.nanoseconds, upper: upper.nanoseconds),
            allowedLateness: allowedLateness.nanoseconds, .left(row)))
}

/// Pairs of events by the distance of their times, and a row for each event of the right side without a partner.
/// - Parameters:
///   - left: A source, a flow or another join.
///   - right: A source, a flow or another join.
///   - leftKey: The key of an event of the left side.
///   - rightKey: The key of an event of the right side.
///   - lower: How far behind the left event the right one is at least; may be negative.
///   - upper: How far behind the left event the right one is at most; may be negative.
///   - allowedLateness: How long late events are waited for; rows come so much later.
///   - row: What becomes of a pair. What it throws ends the run and names the event.
@inlinable public func RightJoin<L: Sendable, R: Sendable, Key: EventKey, Row: Sendable, Failure: Error>(
    _ left: some StreamInput<L>, _ right: some StreamInput<R>, on leftKey: @escaping @Sendable (L) -> Key,
    _ rightKey: @escaping @Sendable (R) -> Key, between lower: Duration, _ upper: Duration,
    allowedLateness: Duration = .zero, _ row: @escaping @Sendable (_ left: L?, _ right: R) throws(Failure) -> Row
) -> Joined<Row> {
    Joined(
        "RightJoin", left.keyed(by: leftKey), right.keyed(by: rightKey),
        AnyOperator(
            joining: .interval(lower: lower.nanoseconds, upper: upper.nanoseconds),
            allowedLateness: allowedLateness.nanoseconds, .right(row)))
}

/// Pairs of events by the distance of their times, and a row for each event of either side without a partner.
/// - Parameters:
///   - left: A source, a flow or another join.
///   - right: A source, a flow or another join.
///   - leftKey: The key of an event of the left side.
///   - rightKey: The key of an event of the right side.
///   - lower: How far behind the left event the right one is at least; may be negative.
///   - upper: How far behind the left event the right one is at most; may be negative.
///   - allowedLateness: How long late events are waited for; rows come so much later.
///   - row: What becomes of a pair. What it throws ends the run and names the event.
@inlinable public func FullJoin<L: Sendable, R: Sendable, Key: EventKey, Row: Sendable, Failure: Error>(
    _ left: some StreamInput<L>, _ right: some StreamInput<R>, on leftKey: @escaping @Sendable (L) -> Key,
    _ rightKey: @escaping @Sendable (R) -> Key, between lower: Duration, _ upper: Duration,
    allowedLateness: Duration = .zero, _ row: @escaping @Sendable (_ left: L?, _ right: R?) throws(Failure) -> Row
) -> Joined<Row> {
    Joined(
        "FullJoin", left.keyed(by: leftKey), right.keyed(by: rightKey),
        AnyOperator(
            joining: .interval(lower: lower.nanoseconds, upper: upper.nanoseconds),
            allowedLateness: allowedLateness.nanoseconds, .full(row)))
}
