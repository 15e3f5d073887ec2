public import PenstockEngine
public import PenstockEvents

/// Each event with the version of its key's row in a table that was valid at its time, or nil: the beginning of a flow.
///
/// The table is a stream of changes: the last change of a key says its row, or that it has none any more.
///
/// ```swift
/// Lookup(readings, in: calibrations, on: \.sensor, \.sensor, isDeletion: { $0.isWithdrawn }) {
///     (r: Reading, c: Calibration?) in Calibrated(sensor: r.sensor, value: r.value * (c?.factor ?? 1))
/// }
/// ```
/// - Parameters:
///   - events: A source, a flow or a join.
///   - table: The changes: a source, a flow or a join.
///   - eventKey: The key of an event.
///   - tableKey: The key of a change.
///   - isDeletion: Whether a change takes the row away; by default none does.
///   - allowedLateness: How long late events and changes are waited for; rows come so much later.
///   - row: What becomes of an event and its row of the table. What it throws ends the run and names the event.
@inlinable public func Lookup<L: Sendable, R: Sendable, Key: EventKey, Row: Sendable, Failure: Error>(
    _ events: some StreamInput<L>, in table: some StreamInput<R>, on eventKey: @escaping @Sendable (L) -> Key,
    _ tableKey: @escaping @Sendable (R) -> Key, isDeletion: (@Sendable (R) -> Bool)? = nil,
    allowedLateness: Duration = .zero, _ row: @escaping @Sendable (_ event: L, _ row: R?) throws(Failure) -> Row
) -> Joined<Row> {
    Joined(
        "Lookup", events.keyed(by: eventKey), table.keyed(by: tableKey),
        AnyOperator(joining: .version(isDeletion), allowedLateness: allowedLateness.nanoseconds, .left(row)))
}

/// Each event with the version of its key's row in a table that was valid at its time; events without one are dropped and counted.
/// - Parameters:
///   - events: A source, a flow or a join.
///   - table: The changes: a source, a flow or a join.
///   - eventKey: The key of an event.
///   - tableKey: The key of a change.
///   - isDeletion: Whether a change takes the row away; by default none does.
///   - allowedLateness: How long late events and changes are waited for; rows come so much later.
///   - row: What becomes of an event and its row of the table. What it throws ends the run and names the event.
@inlinable public func InnerLookup<L: Sendable, R: Sendable, Key: EventKey, Row: Sendable, Failure: Error>(
    _ events: some StreamInput<L>, in table: some StreamInput<R>, on eventKey: @escaping @Sendable (L) -> Key,
    _ tableKey: @escaping @Sendable (R) -> Key, isDeletion: (@Sendable (R) -> Bool)? = nil,
    allowedLateness: Duration = .zero, _ row: @escaping @Sendable (_ event: L, _ row: R) throws(Failure) -> Row
) -> Joined<Row> {
    Joined(
        "InnerLookup", events.keyed(by: eventKey), table.keyed(by: tableKey),
        AnyOperator(joining: .version(isDeletion), allowedLateness: allowedLateness.nanoseconds, .inner(row)))
}

extension TimedJoinRule {
    /// The rule of a table of versions.
    @inlinable static func version<R>(_ isDeletion: (@Sendable (R) -> Bool)?) -> TimedJoinRule {
        guard let isDeletion else { return .asOf(AsOf()) }
        return .asOf(AsOf(endsValue: { row in isDeletion(row.assumingMemoryBound(to: R.self).pointee) }))
    }
}
