internal import CFabric

/// What an operation of an endpoint is for.
enum Operation {
    /// A frame may come into a slot.
    case receive(slot: Int)
    /// The frame in a slot is being sent.
    case send(slot: Int)
    /// A piece of a payload is being read.
    case read(payload: UInt64, byteCount: Int)
}

/// The operations that a provider has been given, by the pointers that come back with their completions.
///
/// Some providers use the memory behind such a pointer until then, so each points to a cell of its own. Ownership: the
/// table has the cells; it goes after the endpoint is closed.
final class OperationTable {
    /// What a pointer points to: room for the provider, and the cell's number behind it.
    private struct Cell {
        var room = fi_context2()
        var number: Int
    }

    private let cells: UnsafeMutablePointer<Cell>
    private var operations: [Operation?]
    private var free: [Int]

    /// Room for so many operations at a time.
    init(capacity: Int) {
        cells = .allocate(capacity: capacity)
        for number in 0..<capacity { (cells + number).initialize(to: Cell(number: number)) }
        operations = Array(repeating: nil, count: capacity)
        free = Array((0..<capacity).reversed())
    }

    deinit { cells.deallocate() }

    /// A pointer for an operation.
    func add(_ operation: Operation) -> UnsafeMutableRawPointer {
        guard let number = free.popLast() else { preconditionFailure("more operations than an endpoint has room for") }
        operations[number] = operation
        return UnsafeMutableRawPointer(cells + number)
    }

    /// The operation of a completion; its pointer is free again.
    func remove(_ pointer: UnsafeMutableRawPointer) -> Operation {
        let number = pointer.assumingMemoryBound(to: Cell.self).pointee.number
        guard let operation = operations[number] else { preconditionFailure("an operation completes once") }
        operations[number] = nil
        free.append(number)
        return operation
    }
}
