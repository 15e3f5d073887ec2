public import PenstockEngine
public import PenstockEvents

/// Events that see what a control stream has said up to their time: the beginning of a flow.
///
/// ```swift
/// Broadcast(frames, darkFields, Corrections()) { (state: inout Corrections, dark: DarkField) in
///     state.dark = dark
/// } row: { (frame: Frame, state: Corrections) in
///     state.corrected(frame)
/// }
/// ```
/// An event waits until time has come as far as its own on both inputs: give a control topic time marks. Its row has its effective time. The
/// stage has one instance.
/// - Parameters:
///   - data: A source, a flow or a join.
///   - control: A source, a flow or a join.
///   - initial: The state before the first control event. For checkpoints it is an `Event`, a struct of plain numbers, or `Codable`.
///   - update: Applies a control event; they come in canonical order.
///   - row: What becomes of an event of the data, and of the state at its time. What either throws ends the run and names the event.
@inlinable public func Broadcast<Data: Sendable, Control: Sendable, State: Sendable, Row: Sendable>(
    _ data: some StreamInput<Data>, _ control: some StreamInput<Control>, _ initial: State,
    update: @escaping @Sendable (_ state: inout State, _ control: Control) throws -> Void,
    row: @escaping @Sendable (_ event: Data, _ state: State) throws -> Row
) -> Joined<Row> {
    let kernel = BroadcastKernel(
        data: ValueType(Data.self), control: ValueType(Control.self), state: ValueType(State.self),
        output: ValueType(Row.self),
        makeState: { $0.initializeMemory(as: State.self, to: initial) },
        update: { control, state in
            try update(
                &state.assumingMemoryBound(to: State.self).pointee,
                control.assumingMemoryBound(to: Control.self).pointee)
        },
        makeRow: { event, state, target in
            let made = try row(
                event.assumingMemoryBound(to: Data.self).pointee, state.assumingMemoryBound(to: State.self).pointee)
            target.initializeMemory(as: Row.self, to: made)
        })
    // One key for all: every event is seen by the one instance.
    let one: @Sendable (Data) -> UInt8 = { _ in 0 }
    let other: @Sendable (Control) -> UInt8 = { _ in 0 }
    return Joined(
        "Broadcast", data.keyed(by: one), control.keyed(by: other), AnyOperator(broadcasting: kernel), isSingle: true)
}
