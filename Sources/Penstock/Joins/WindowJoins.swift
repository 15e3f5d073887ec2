public import PenstockEngine
public import PenstockEvents

// Joins within windows of time. Each row has the time of its window's last instant, of a session its end. Rows of a window come by key, those of a key by the
// canonical order of its left events, then of its right ones.

/// Pairs of events that have the same key and lie in the same window of time: the beginning of a flow.
///
/// ```swift
/// Join(orders, payments, on: \.number, \.order, within: .tumbling(.seconds(60))) { (o: Order, p: Payment) in
///     Paid(order: o.number, after: p.seconds - o.seconds)
/// }
/// ```
/// - Parameters:
///   - left: A source, a flow or another join.
///   - right: A source, a flow or another join.
///   - leftKey: The key of an event of the left side.
///   - rightKey: The key of an event of the right side.
///   - window: The windows.
///   - allowedLateness: How long a window waits for late events; its rows come so much later.
///   - row: What becomes of a pair. What it throws ends the run and names the event.
@inlinable public func Join<L: Sendable, R: Sendable, Key: EventKey, Row: Sendable, Failure: Error>(
    _ left: some StreamInput<L>, _ right: some StreamInput<R>, on leftKey: @escaping @Sendable (L) -> Key,
    _ rightKey: @escaping @Sendable (R) -> Key, within window: JoinWindow, allowedLateness: Duration = .zero,
    _ row: @escaping @Sendable (_ left: L, _ right: R) throws(Failure) -> Row
) -> Joined<Row> {
    Joined(
        "Join", left.keyed(by: leftKey), right.keyed(by: rightKey),
        window.operation(allowedLateness: allowedLateness, .inner(row)))
}

/// Pairs of events as those of `Join`, and a row for each event of the left side without a partner.
/// - Parameters:
///   - left: A source, a flow or another join.
///   - right: A source, a flow or another join.
///   - leftKey: The key of an event of the left side.
///   - rightKey: The key of an event of the right side.
///   - window: The windows.
///   - allowedLateness: How long a window waits for late events; its rows come so much later.
///   - row: What becomes of a pair. What it throws ends the run and names the event.
@inlinable public func LeftJoin<L: Sendable, R: Sendable, Key: EventKey, Row: Sendable, Failure: Error>(
    _ left: some StreamInput<L>, _ right: some StreamInput<R>, on leftKey: @escaping @Sendable (L) -> Key,
    _ rightKey: @escaping @Sendable (R) -> Key, within window: JoinWindow, allowedLateness: Duration = .zero,
    _ row: @escaping @Sendable (_ left: L, _ right: R?) throws(Failure) -> Row
) -> Joined<Row> {
    Joined(
        "LeftJoin", left.keyed(by: leftKey), right.keyed(by: rightKey),
        window.operation(allowedLateness: allowedLateness, .left(row)))
}

/// Pairs of events as those of `Join`, and a row for each event of the right side without a partner.
/// - Parameters:
///   - left: A source, a flow or another join.
///   - right: A source, a flow or another join.
///   - leftKey: The key of an event of the left side.
///   - rightKey: The key of an event of the right side.
///   - window: The windows.
///   - allowedLateness: How long a window waits for late events; its rows come so much later.
///   - row: What becomes of a pair. What it throws ends the run and names the event.
@inlinable public func RightJoin<L: Sendable, R: Sendable, Key: EventKey, Row: Sendable, Failure: Error>(
    _ left: some StreamInput<L>, _ right: some StreamInput<R>, on leftKey: @escaping @Sendable (L) -> Key,
    _ rightKey: @escaping @Sendable (R) -> Key, within window: JoinWindow, allowedLateness: Duration = .zero,
    _ row: @escaping @Sendable (_ left: L?, _ right: R) throws(Failure) -> Row
) -> Joined<Row> {
    Joined(
        "RightJoin", left.keyed(by: leftKey), right.keyed(by: rightKey),
        window.operation(allowedLateness: allowedLateness, .right(row)))
}

/// Pairs of events as those of `Join`, and a row for each event of either side without a partner.
/// - Parameters:
///   - left: A source, a flow or another join.
///   - right: A source, a flow or another join.
///   - leftKey: The key of an event of the left side.
///   - rightKey: The key of an event of the right side.
///   - window: The windows.
///   - allowedLateness: How long a window waits for late events; its rows come so much later.
///   - row: What becomes of a pair. What it throws ends the run and names the event.
@inlinable public func FullJoin<L: Sendable, R: Sendable, Key: EventKey, Row: Sendable, Failure: Error>(
    _ left: some StreamInput<L>, _ right: some StreamInput<R>, on leftKey: @escaping @Sendable (L) -> Key,
    _ rightKey: @escaping @Sendable (R) -> Key, within window: JoinWindow, allowedLateness: Duration = .zero,
    _ row: @escaping @Sendable (_ left: L?, _ right: R?) throws(Failure) -> Row
) -> Joined<Row> {
    Joined(
        "FullJoin", left.keyed(by: leftKey), right.keyed(by: rightKey),
        window.operation(allowedLateness: allowedLateness, .full(row)))
}

/// Rows made of all events of each key and window: the beginning of a flow.
///
/// ```swift
/// CoGroup(people, auctions, on: \.id, \.seller, within: .tumbling(.seconds(10))) {
///     (id: Int64, window: WindowSpan, people: [Person], auctions: [Auction]) in
///     auctions.isEmpty ? [] : people.map { Seller(id: id, name: $0.name) }
/// }
/// ```
/// - Parameters:
///   - left: A source, a flow or another join.
///   - right: A source, a flow or another join.
///   - leftKey: The key of an event of the left side.
///   - rightKey: The key of an event of the right side.
///   - window: The windows.
///   - allowedLateness: How long a window waits for late events; its rows come so much later.
///   - rows: What becomes of the events of a key and window, those of each side in canonical order; one of the sides may be empty. What it
///     throws ends the run.
@inlinable public func CoGroup<L: Sendable, R: Sendable, Key: EventKey, Row: Sendable>(
    _ left: some StreamInput<L>, _ right: some StreamInput<R>, on leftKey: @escaping @Sendable (L) -> Key,
    _ rightKey: @escaping @Sendable (R) -> Key, within window: JoinWindow, allowedLateness: Duration = .zero,
    _ rows: @escaping @Sendable (_ key: Key, _ window: WindowSpan, _ lefts: [L], _ rights: [R]) throws -> [Row]
) -> Joined<Row> {
    let kernel = JoinKernel(left: ValueType(L.self), right: ValueType(R.self), output: ValueType(Row.self)) {
        group, output in
        output.append(
            try rows(group.key(as: Key.self), group.window, group.lefts.values(L.self), group.rights.values(R.self)))
    }
    return Joined(
        "CoGroup", left.keyed(by: leftKey), right.keyed(by: rightKey),
        window.operation(allowedLateness: allowedLateness, kernel))
}
