internal import CFabric
internal import CPenstockShim

#if canImport(Glibc)
    internal import Glibc
#elseif canImport(Musl)
    internal import Musl
#endif

/// An endpoint of the fabric, the addresses that it knows, and slots of memory for what it sends and receives.
///
/// Belongs to the progress thread. Ownership: has the memory of the slots, which goes after the endpoint is closed;
/// only then has the provider let go of it.
final class Endpoint {
    /// How large the slots are and how many there are.
    struct Slots {
        var byteCount: Int
        var receives: Int
        var sends: Int
        /// How many pieces of payloads are read at a time.
        var reads: Int
    }

    /// The number of the link or listener that it is for.
    let id: UInt64
    let slots: Slots
    /// Whether it has to be looked at before the thread sleeps.
    var isActive = false
    private let domain: FabricDomain
    private let operations: OperationTable
    private var queue: CompletionQueue?
    private var handle: FabricHandle<fid_ep>?
    private var addresses: FabricHandle<fid_av>?
    private var region: MemoryRegion?
    private var memory: UnsafeMutableRawBufferPointer

    /// An endpoint that is ready.
    init(_ id: UInt64, _ domain: FabricDomain, _ info: FabricInfo, _ slots: Slots) throws(FabricError) {
        let byteCount = slots.byteCount * (slots.receives + slots.sends)
        guard let base = mmap(nil, byteCount, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0),
            base != MAP_FAILED
        else {
            throw FabricError(.outOfMemory, "there is no memory for the \(byteCount) bytes of a connection's buffers")
        }
        memory = UnsafeMutableRawBufferPointer(start: base, count: byteCount)
        self.id = id
        self.domain = domain
        self.slots = slots
        let operations = slots.receives + slots.sends + slots.reads
        self.operations = OperationTable(capacity: operations)
        let library = domain.library
        let queue = try CompletionQueue(domain, entries: operations)
        let addresses = try domain.openAddresses()
        let handle = try domain.openEndpoint(info)
        try library.check(fi_ep_bind(handle.pointer, addresses.base, 0), "an endpoint cannot have addresses")
        try library.check(
            fi_ep_bind(handle.pointer, queue.handle.base, FI_SEND | FI_RECV),
            "an endpoint cannot have a queue of completions")
        try library.check(fi_enable(handle.pointer), "an endpoint cannot be enabled")
        if domain.mode.contains(.local) { region = try MemoryRegion(domain, memory, for: handle.pointer) }
        self.queue = queue
        self.addresses = consume addresses
        self.handle = consume handle
    }

    deinit { close() }

    /// Breaks the connection to a peer, and takes the errors of the reads that were under way.
    ///
    /// libfabric 1.17 (`tcp;ofi_rxm`) reads from nowhere when an endpoint is closed while the answer to a read has come
    /// in part. It bears a connection that breaks, so that is what it gets before.
    func sever(from peer: [UInt8], reads: Int) {
        guard domain.info.provider == "tcp;ofi_rxm", domain.info.isIPv4, domain.info.isAddress(peer),
            let own = try? name()
        else { return }
        penstock_shut_down(own, peer)
        var left = reads
        for _ in 0..<Self.looksForErrors where left > 0 {
            _ = poll { operation, _, _ in
                if case .read = operation { left -= 1 }
            }
        }
    }

    /// How often to look for the errors of a connection that was broken: they are there after a few times.
    private static let looksForErrors = 1_000

    /// Closes it: from then on neither the provider nor a peer touches memory on its behalf.
    func close() {
        // A region that is bound to an endpoint goes before it.
        region = nil
        handle = nil
        queue = nil
        addresses = nil
        if !memory.isEmpty { munmap(memory.baseAddress, memory.count) }
        memory = UnsafeMutableRawBufferPointer(start: nil, count: 0)
    }

    private var pointer: UnsafeMutablePointer<fid_ep> {
        guard let pointer = handle?.pointer else { preconditionFailure("an endpoint is used before it is ready") }
        return pointer
    }

    /// Registers memory for this endpoint's peers, or its own operations.
    func register(_ memory: UnsafeMutableRawBufferPointer) throws(FabricError) -> MemoryRegion {
        try MemoryRegion(domain, memory, for: pointer)
    }

    // MARK: Addresses

    /// Its own address, for peers.
    func name() throws(FabricError) -> [UInt8] {
        var name = [UInt8](repeating: 0, count: 256)
        var byteCount = name.count
        try domain.library.check(
            fi_getname(&pointer.pointee.fid, &name, &byteCount), "an endpoint does not tell its address")
        return Array(name.prefix(byteCount))
    }

    /// What to call a peer in operations.
    func insert(_ address: [UInt8]) throws(FabricError) -> fi_addr_t {
        var peer: fi_addr_t = 0
        guard let table = addresses?.pointer, fi_av_insert(table, address, 1, &peer, 0, nil) == 1 else {
            throw FabricError(
                .invalidAddress, "\(FabricAddress.endpoint(address)) is no address of \(domain.info.provider)")
        }
        return peer
    }

    // MARK: Slots

    func receiveSlot(_ number: Int) -> UnsafeMutableRawBufferPointer { slot(number) }

    func sendSlot(_ number: Int) -> UnsafeMutableRawBufferPointer { slot(slots.receives + number) }

    private func slot(_ number: Int) -> UnsafeMutableRawBufferPointer {
        UnsafeMutableRawBufferPointer(rebasing: memory[number * slots.byteCount..<(number + 1) * slots.byteCount])
    }

    // MARK: Operations; each gives 0, or a negative error of which -FI_EAGAIN means to try again

    /// Lets a frame come into a slot.
    func receive(into number: Int) -> Int {
        let slot = receiveSlot(number)
        return post(.receive(slot: number)) {
            fi_recv(pointer, slot.baseAddress, slot.count, region?.descriptor, fi_addr_t.max, $0)
        }
    }

    /// Sends what is in a slot.
    func send(slot number: Int, _ byteCount: Int, to peer: fi_addr_t) -> Int {
        post(.send(slot: number)) {
            fi_send(pointer, sendSlot(number).baseAddress, byteCount, region?.descriptor, peer, $0)
        }
    }

    /// Reads a piece of a payload from a peer's memory into `target`, whose descriptor is that of its region.
    func read(
        payload: UInt64, into target: UnsafeMutableRawBufferPointer, _ descriptor: UnsafeMutableRawPointer?,
        from peer: fi_addr_t,
        _ address: UInt64, _ key: UInt64
    ) -> Int {
        post(.read(payload: payload, byteCount: target.count)) {
            fi_read(pointer, target.baseAddress, target.count, descriptor, peer, address, key, $0)
        }
    }

    private func post(_ operation: Operation, _ call: (UnsafeMutableRawPointer) -> Int) -> Int {
        let context = operations.add(operation)
        let status = call(context)
        if status != 0 { _ = operations.remove(context) }
        return status
    }

    // MARK: Completions

    /// Readable when something has come; nil where the provider cannot tell.
    var descriptor: Int32? { queue?.descriptor }

    /// Makes progress, and calls `body` for each operation that is done: the bytes that were received, and the error,
    /// if it is one. False where there is none. An error that the provider does not say the operation of is left to the
    /// deadlines.
    func poll(_ body: (Operation, Int, Int?) -> Void) -> Bool {
        queue?.read { context, byteCount, error in
            // Closed by what was done for the completion before.
            guard let context, !memory.isEmpty else { return }
            body(operations.remove(context), byteCount, error)
        } ?? false
    }

    /// Whether one may sleep until the descriptor is readable; false where something has come.
    func maySleep() -> Bool { queue?.maySleep() ?? true }
}
