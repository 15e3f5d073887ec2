public import PenstockEngine

/// Cuts a stream into sessions: events that follow each other within `gap` belong together; those of each key are its own.
///
/// An event at `t` covers [t, t + gap] with both ends, so two events exactly the gap apart are one session. The window of the row is
/// [first event, last event + gap], and the row comes when the watermark has reached its end.
///
/// ```swift
/// KeyBy(\Click.visitor)
/// Session(gap: .seconds(1800))
/// Count()
/// ```
public func Session(gap: Duration) -> Sessions { Sessions(gap: gap) }

/// Cuts a stream into sessions in which each event says itself how long the session lasts behind it.
///
/// ```swift
/// Session { (c: Click) in c.isPurchase ? .seconds(3600) : .seconds(1800) }
/// ```
@inlinable @inline(__always) public func Session<Value: Sendable>(
    _ gap: @escaping @Sendable (Value) -> Duration
) -> SessionsByEvent<Value> {
    SessionsByEvent(
        gaps: NumberKernel(integers: { rows, input, gaps in
            let values = input.assumingMemoryBound(to: Value.self)
            for k in 0..<rows.count {
                let row = rows[k]
                gaps[row] = gap(values[row]).nanoseconds
            }
            return KernelOutcome(processed: rows.count)
        }))
}

/// Sessions with one gap for all events: `Session(gap: .seconds(10))`.
public struct Sessions: Stage {
    let window: KeyedWindow
    /// The name and the parallelism that the author gave.
    public var options = StageOptions()

    init(gap: Duration) { window = .session(SessionWindows(gap: .fixed(gap.nanoseconds))) }
}

/// Sessions to which each event gives its own gap: `Session { (c: Click) in c.patience }`.
public struct SessionsByEvent<Value: Sendable>: Stage {
    let window: KeyedWindow
    /// The name and the parallelism that the author gave.
    public var options = StageOptions()

    @usableFromInline init(gaps: NumberKernel) { window = .session(SessionWindows(gap: .each(gaps))) }
}

extension Sessions: EventStage {}
extension Sessions: TrunkStage {}
extension SessionsByEvent: EventStage {}
extension SessionsByEvent: TrunkStage {}
