internal import PenstockEvents

/// Events of a key in canonical order, by their values, until a window has taken them.
///
/// Ownership: the class owns its memory; the values `first ..< end` are initialised.
final class KeptRows {
    private let element: ValueType
    private var memory: UnsafeMutableRawPointer
    private var capacity = 4
    private var first = 0
    private var places: [EventPlace] = []

    init(_ element: ValueType) {
        self.element = element
        memory = Self.memory(capacity, element)
    }

    deinit {
        element.destroy?(memory + first * element.stride, places.count)
        memory.deallocate()
    }

    /// How many events there are.
    var count: Int { places.count }
    /// The bytes of an event.
    var bytesEach: Int { element.stride + MemoryLayout<EventPlace>.stride }
    /// The effective time of the oldest event.
    var firstTime: Int64 { places.first?.effectiveNanoseconds ?? 0 }
    /// The effective time of the newest event.
    var lastTime: Int64 { places.last?.effectiveNanoseconds ?? 0 }

    /// The least effective time, of events that are kept in the order of their arrival.
    var earliestTime: Int64? { places.lazy.map(\.effectiveNanoseconds).min() }
    /// The largest effective time of them.
    var latestTime: Int64? { places.lazy.map(\.effectiveNanoseconds).max() }

    /// Adds an event behind all others.
    func append(_ value: UnsafeRawPointer, at place: EventPlace) {
        if first + places.count == capacity { makeRoom() }
        element.copy(value, memory + (first + places.count) * element.stride)
        places.append(place)
    }

    /// Removes the oldest events.
    func removeFirst(_ count: Int) {
        guard count > 0 else { return }
        element.destroy?(memory + first * element.stride, count)
        places.removeFirst(count)
        first = places.isEmpty ? 0 : first + count
    }

    /// Adds all events to a state, one after the other.
    /// - Throws: `EngineError` that names the event.
    func fold(into slot: UInt32, of store: AggregateStore, _ stage: StageName) throws {
        for (k, place) in places.enumerated() {
            try store.add(memory + (first + k) * element.stride, at: place, into: slot)
        }
    }

    /// Writes the events.
    func write(into chunk: inout StateEncoder) throws {
        guard let coding = element.coding else { throw StateNotWritable(.events, element.name) }
        chunk.put(UInt64(places.count))
        for (k, place) in places.enumerated() {
            chunk.put(place)
            try coding.write(memory + (first + k) * element.stride, &chunk)
        }
    }

    /// Brings back the events that were written; there are none yet.
    func read(_ chunk: inout StateDecoder) throws {
        guard let coding = element.coding else { throw StateNotWritable(.events, element.name) }
        for _ in 0..<(try chunk.integer(UInt64.self)) {
            let place = try chunk.place()
            if first + places.count == capacity { makeRoom() }
            try coding.read(&chunk, memory + (first + places.count) * element.stride)
            places.append(place)
        }
    }

    private func makeRoom() {
        let larger = places.count * 2 > capacity ? capacity * 2 : capacity
        let target = Self.memory(larger, element)
        for k in places.indices {
            element.copy(memory + (first + k) * element.stride, target + k * element.stride)
        }
        element.destroy?(memory + first * element.stride, places.count)
        memory.deallocate()
        (memory, capacity, first) = (target, larger, 0)
    }

    private static func memory(_ capacity: Int, _ element: ValueType) -> UnsafeMutableRawPointer {
        .allocate(byteCount: max(capacity * element.stride, 1), alignment: max(element.alignment, 16))
    }
}
