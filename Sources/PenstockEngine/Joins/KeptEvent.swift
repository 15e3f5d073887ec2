internal import PenstockEvents

/// An event that a join keeps: where it stands in the order of rows, and its value. The memory belongs to the `KeptEventBlocks`.
@usableFromInline struct KeptEvent: BitwiseCopyable {
    /// The key's code.
    let code: UInt64
    let place: EventPlace
    @usableFromInline let value: UnsafeRawPointer
}

/// Events that come one behind the other and go all at once: copies of their values in blocks, their keys and places beside them.
///
/// Ownership: the values are initialised from `append` until this ends; a `KeptEvent` is valid as long as this lives.
final class KeptEventBlocks {
    private let element: ValueType
    private var blocks: [(values: UnsafeMutableRawPointer, count: Int)] = []
    private var room = 0
    private var capacity = 16
    private(set) var events: [KeptEvent] = []

    private static let largestBlock = 2048

    init(of element: ValueType) { self.element = element }

    deinit {
        for block in blocks {
            element.destroy?(block.values, block.count)
            block.values.deallocate()
        }
    }

    /// The bytes of an event.
    var bytesEach: Int { element.stride + MemoryLayout<KeptEvent>.stride }

    /// Keeps a copy of a value.
    @inline(__always) func append(_ value: UnsafeRawPointer, code: UInt64, place: EventPlace) {
        let target = nextPlace()
        if element.destroy == nil {
            target.copyMemory(from: value, byteCount: element.stride)
        } else {
            element.copy(value, target)
        }
        didFill(target, code, place)
    }

    /// Keeps a value that `make` initialises.
    func append(code: UInt64, place: EventPlace, _ make: (UnsafeMutableRawPointer) throws -> Void) rethrows {
        let target = nextPlace()
        try make(target)
        didFill(target, code, place)
    }

    @inline(__always) private func didFill(_ target: UnsafeMutableRawPointer, _ code: UInt64, _ place: EventPlace) {
        blocks[blocks.count - 1].count += 1
        room -= 1
        events.append(KeptEvent(code: code, place: place, value: UnsafeRawPointer(target)))
    }

    @inline(__always) private func nextPlace() -> UnsafeMutableRawPointer {
        if room == 0 { open() }
        let block = blocks[blocks.count - 1]
        return block.values + block.count * element.stride
    }

    private func open() {
        let values = UnsafeMutableRawPointer.allocate(
            byteCount: max(capacity * element.stride, 1), alignment: max(element.alignment, 16))
        blocks.append((values, 0))
        room = capacity
        capacity = min(capacity * 4, Self.largestBlock)
    }
}
