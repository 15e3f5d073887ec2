internal import PenstockEvents

/// Events of open sessions whose aggregate depends on their order: kept until the session has ended and then added one by one.
///
/// Which sessions become one depends on all partitions, so no state can be folded before. What is kept of an event is the number that
/// the aggregate takes from it, or the event itself, and its place. Ownership: the kept values are in blocks of memory of this class,
/// each initialised from `keep` until its session is folded or this ends.
final class KeptEvents {
    private struct Node {
        let place: EventPlace
        var next: UInt32

        static let end = UInt32.max
    }

    private struct Chain {
        var first = Node.end
        var last = Node.end
    }

    private static let blockEvents = 256

    private let stage: StageName
    private let numbers: NumberKernel?
    /// The type of what is kept of an event.
    private let value: ValueType
    private var blocks: [UnsafeMutableRawPointer] = []
    private var nodes: [Node] = []
    private var free = Node.end
    /// The events of each slot's session, in the order in which they came.
    private var chains: [Chain] = []
    private var order: [UInt32] = []
    private var scratch = NumberScratch()

    /// No events; `numbers` takes what is kept from events of the type `input`, or nil where they are kept themselves.
    init(stage: StageName, _ numbers: NumberKernel?, of input: ValueType) {
        self.stage = stage
        self.numbers = numbers
        value = numbers.map { $0.isFloat ? ValueType(Double.self) : ValueType(Int64.self) } ?? input
    }

    deinit {
        for chain in chains { release(chain) }
        for block in blocks { block.deallocate() }
    }

    /// How many events there is room for in the blocks that were made.
    var count: Int { nodes.count }

    /// The bytes of an event.
    var bytesEach: Int { value.stride + MemoryLayout<Node>.stride }

    /// Keeps the rows of a batch, the k-th for the session in `slots[k]`.
    /// - Throws: `EngineError` that names an event whose number cannot be taken.
    func keep(_ batch: Batch, slots: UnsafePointer<UInt32>) throws {
        let values = try scratch.values(numbers, batch, batch.rows, stage)
        var k = 0
        batch.forEachMarkedRow { row, mark in
            let node = take(batch.place(row, effectiveTime: batch.effectiveTime(row, mark)))
            value.copy(values + row * value.stride, address(node))
            append(Chain(first: node, last: node), to: slots[k])
            k += 1
        }
        withExtendedLifetime(batch) {}
    }

    /// Gives the events of one session to another one.
    func merge(_ later: UInt32, into slot: UInt32) {
        append(chains[Int(later)], to: slot)
        chains[Int(later)] = Chain()
    }

    /// Adds the events of a session to its state: each origin's in their sequence, the origins in their order.
    /// - Throws: `EngineError` that names the event.
    func fold(_ slot: UInt32, in store: AggregateStore) throws {
        let chain = chains[Int(slot)]
        sortEvents(of: chain)
        var part = slot
        for (k, node) in order.enumerated() {
            if k > 0, nodes[Int(node)].place.origin != nodes[Int(order[k - 1])].place.origin {
                try merge(part, into: slot, store)
                part = store.allocate()
            }
            try add(node, to: part, store)
        }
        try merge(part, into: slot, store)
        release(chain)
        chains[Int(slot)] = Chain()
    }

    private func merge(_ part: UInt32, into slot: UInt32, _ store: AggregateStore) throws {
        guard part != slot else { return }
        do { try store.merge(part, into: slot) } catch { throw EngineError.stage(stage, error) }
        store.free(part)
    }

    private func add(_ node: UInt32, to slot: UInt32, _ store: AggregateStore) throws {
        try store.add(address(node), at: nodes[Int(node)].place, into: slot)
    }

    /// Fills `order` with the events of a chain by origin and sequence, as they come where there is one origin and nothing was merged.
    private func sortEvents(of chain: Chain) {
        order.removeAll(keepingCapacity: true)
        var isSorted = true
        var at = chain.first
        while at != Node.end {
            if let last = order.last, precedes(at, last) { isSorted = false }
            order.append(at)
            at = nodes[Int(at)].next
        }
        if !isSorted { order.sort(by: precedes) }
    }

    private func precedes(_ a: UInt32, _ b: UInt32) -> Bool {
        nodes[Int(a)].place.comesBeforeInOrigin(nodes[Int(b)].place)
    }

    // MARK: Checkpoints

    /// How events are written into a checkpoint.
    /// - Throws: `StateNotWritable` where they cannot be.
    func coding() throws(StateNotWritable) -> any ValueCoding {
        guard let coding = value.coding else { throw StateNotWritable(.events, value.name) }
        return coding
    }

    /// Writes the events of a session, by origin and sequence.
    func write(_ slot: UInt32, _ coding: any ValueCoding, _ chunk: inout StateEncoder) throws {
        sortEvents(of: Int(slot) < chains.count ? chains[Int(slot)] : Chain())
        chunk.put(UInt64(order.count))
        if let size = coding.plainByteCount {
            chunk.put(byteCount: order.count * (MemoryLayout<EventPlace>.size + size)) { filler in
                for node in order {
                    filler.put(raw: nodes[Int(node)].place)
                    filler.put(address(node), byteCount: size)
                }
            }
            return
        }
        for node in order {
            chunk.put(raw: nodes[Int(node)].place)
            try coding.write(address(node), &chunk)
        }
    }

    /// Keeps the events of a session that `write` wrote.
    func read(_ slot: UInt32, _ coding: any ValueCoding, _ chunk: inout StateDecoder) throws {
        for _ in 0..<(try chunk.count()) {
            let node = take(try chunk.raw())
            do { try readValue(of: node, coding, &chunk) } catch {
                nodes[Int(node)].next = free
                free = node
                throw error
            }
            append(Chain(first: node, last: node), to: slot)
        }
    }

    private func readValue(of node: UInt32, _ coding: any ValueCoding, _ chunk: inout StateDecoder) throws {
        guard let size = coding.plainByteCount else { return try coding.read(&chunk, address(node)) }
        try chunk.block(size).withUnsafeBytes {
            UnsafeMutableRawBufferPointer(start: address(node), count: size).copyMemory(from: $0)
        }
    }

    // MARK: Nodes

    private func take(_ place: EventPlace) -> UInt32 {
        let node = Node(place: place, next: Node.end)
        if free != Node.end {
            let taken = free
            free = nodes[Int(taken)].next
            nodes[Int(taken)] = node
            return taken
        }
        nodes.append(node)
        return UInt32(nodes.count - 1)
    }

    private func append(_ chain: Chain, to slot: UInt32) {
        while chains.count <= slot { chains.append(Chain()) }
        if chains[Int(slot)].first == Node.end {
            chains[Int(slot)] = chain
        } else {
            nodes[Int(chains[Int(slot)].last)].next = chain.first
            chains[Int(slot)].last = chain.last
        }
    }

    /// Ends the values of a chain and gives its nodes back.
    private func release(_ chain: Chain) {
        guard chain.first != Node.end else { return }
        if let destroy = value.destroy {
            var at = chain.first
            while at != Node.end {
                destroy(address(at), 1)
                at = nodes[Int(at)].next
            }
        }
        nodes[Int(chain.last)].next = free
        free = chain.first
    }

    private func address(_ node: UInt32) -> UnsafeMutableRawPointer {
        let (block, place) = Int(node).quotientAndRemainder(dividingBy: Self.blockEvents)
        while blocks.count <= block {
            blocks.append(
                .allocate(byteCount: max(Self.blockEvents * value.stride, 1), alignment: max(value.alignment, 16)))
        }
        return blocks[block] + place * value.stride
    }
}
