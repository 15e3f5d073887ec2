internal import PenstockEvents

/// Events that come and go one by one: copies of their values in numbered slots, which are used again.
///
/// Ownership: the value of a slot is initialised from `keep` until `free`, or until the pool ends.
final class EventPool {
    private static let blockEvents = 256

    let element: ValueType
    private var blocks: [UnsafeMutableRawPointer] = []
    private var events: [KeptEvent] = []
    private var unused: [UInt32] = []

    init(of element: ValueType) { self.element = element }

    deinit {
        if let destroy = element.destroy { for slot in used { destroy(address(Int(slot)), 1) } }
        for block in blocks { block.deallocate() }
    }

    /// How many events there are.
    var count: Int { events.count - unused.count }

    /// The bytes of an event.
    var bytesEach: Int { element.stride + MemoryLayout<KeptEvent>.stride }

    /// The event in a slot.
    subscript(slot: UInt32) -> KeptEvent { events[Int(slot)] }

    /// Keeps a copy of a value.
    func keep(_ value: UnsafeRawPointer, code: UInt64, place: EventPlace) -> UInt32 {
        keep(code: code, place: place) { element.copy(value, $0) }
    }

    /// Keeps a value that `make` initialises.
    func keep(
        code: UInt64, place: EventPlace, _ make: (UnsafeMutableRawPointer) throws -> Void
    ) rethrows -> UInt32 {
        let slot = unused.last.map(Int.init) ?? events.count
        let target = address(slot)
        try make(target)
        let event = KeptEvent(code: code, place: place, value: UnsafeRawPointer(target))
        if unused.popLast() == nil { events.append(event) } else { events[slot] = event }
        return UInt32(slot)
    }

    /// Ends the value of a slot.
    func free(_ slot: UInt32) {
        element.destroy?(address(Int(slot)), 1)
        unused.append(slot)
    }

    /// The slots that hold an event.
    var used: [UInt32] {
        let unused = Set(unused)
        return events.indices.lazy.map { UInt32($0) }.filter { !unused.contains($0) }
    }

    /// The keys of the events.
    var codes: [UInt64] { used.map { self[$0].code } }

    private func address(_ slot: Int) -> UnsafeMutableRawPointer {
        let (block, place) = slot.quotientAndRemainder(dividingBy: Self.blockEvents)
        if block == blocks.count {
            blocks.append(
                .allocate(byteCount: max(Self.blockEvents * element.stride, 1), alignment: max(element.alignment, 16)))
        }
        return blocks[block] + place * element.stride
    }
}
