/// What a stage does that sees the events of a control stream: a state that they change, and a row for each event of the data.
public struct BroadcastKernel: Sendable {
    let data: ValueType
    let control: ValueType
    let state: ValueType
    let output: ValueType
    let makeState: @Sendable (UnsafeMutableRawPointer) -> Void
    let update: @Sendable (_ control: UnsafeRawPointer, _ state: UnsafeMutableRawPointer) throws -> Void
    let makeRow:
        @Sendable (_ data: UnsafeRawPointer, _ state: UnsafeRawPointer, _ row: UnsafeMutableRawPointer) throws -> Void

    /// A kernel: `makeState` initialises the state before the first control event, `update` changes it, `makeRow` initialises the row of an
    /// event of the data.
    public init(
        data: ValueType, control: ValueType, state: ValueType, output: ValueType,
        makeState: @escaping @Sendable (UnsafeMutableRawPointer) -> Void,
        update: @escaping @Sendable (_ control: UnsafeRawPointer, _ state: UnsafeMutableRawPointer) throws -> Void,
        makeRow:
            @escaping @Sendable (
                _ data: UnsafeRawPointer, _ state: UnsafeRawPointer, _ row: UnsafeMutableRawPointer
            ) throws -> Void
    ) {
        self.data = data
        self.control = control
        self.state = state
        self.output = output
        self.makeState = makeState
        self.update = update
        self.makeRow = makeRow
    }
}

/// A value of a type that only the kernels know. Ownership: initialised from `init` until it ends.
final class KeptValue {
    let element: ValueType
    let base: UnsafeMutableRawPointer

    init(_ element: ValueType, _ make: (UnsafeMutableRawPointer) throws -> Void) rethrows {
        self.element = element
        base = .allocate(byteCount: max(element.stride, 1), alignment: max(element.alignment, 16))
        do { try make(base) } catch {
            base.deallocate()
            throw error
        }
    }

    deinit {
        element.destroy?(base, 1)
        base.deallocate()
    }
}
