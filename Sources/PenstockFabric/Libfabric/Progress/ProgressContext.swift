#if canImport(Glibc)
    internal import Glibc
#elseif canImport(Musl)
    internal import Musl
#endif

/// What the connections of a transport share. Belongs to the progress thread.
final class ProgressContext {
    let domain: FabricDomain
    let limits: FabricLimits
    /// Lets clients in; nil where everybody may come.
    let tickets: FabricTickets?
    /// What the transport calls itself to peers.
    let identity: [UInt8]
    let queue: ProgressQueue
    /// Monotonic time in nanoseconds, from when the thread has last looked.
    private(set) var now: UInt64 = 0
    /// Nothing is due before.
    private(set) var nextDeadline = UInt64.max
    /// Links whose next operation the provider has not taken.
    var stalled: [UInt64] = []
    /// Links that have ended since the loop has looked.
    var ended: [UInt64] = []
    /// Links and listeners that must be looked at before the thread sleeps.
    var active: [UInt64] = []
    private let poller = Poller()
    private var lastIdentifier: UInt64 = 0

    init(
        _ domain: FabricDomain, _ limits: FabricLimits, _ tickets: FabricTickets?, _ queue: ProgressQueue
    ) throws(FabricError) {
        self.domain = domain
        self.limits = limits
        self.tickets = tickets
        identity = Greeting.random()
        self.queue = queue
        // No link has the number 0.
        try poller.add(queue.event, 0)
        look()
    }

    /// A number that no other link or listener of the transport has.
    func makeIdentifier() -> UInt64 {
        lastIdentifier += 1
        return lastIdentifier
    }

    // MARK: Time

    /// Looks at the clock.
    func look() {
        var time = timespec()
        clock_gettime(CLOCK_MONOTONIC, &time)
        now = UInt64(time.tv_sec) * 1_000_000_000 + UInt64(time.tv_nsec)
    }

    /// The time that is `duration` from now; the loop will look at what is due then.
    func deadline(in duration: Duration) -> UInt64 {
        let (sum, overflows) = now.addingReportingOverflow(Self.nanoseconds(duration))
        let due = overflows ? .max : sum
        nextDeadline = min(nextDeadline, due)
        return due
    }

    static func nanoseconds(_ duration: Duration) -> UInt64 {
        let (seconds, attoseconds) = duration.components
        let (whole, overflows) = UInt64(clamping: seconds).multipliedReportingOverflow(by: 1_000_000_000)
        return overflows ? .max : whole + UInt64(clamping: attoseconds / 1_000_000_000)
    }

    /// Every deadline has been looked at, and this is the earliest.
    func setNextDeadline(_ deadline: UInt64) { nextDeadline = deadline }

    // MARK: Memory

    /// How peers find a part of a slab: registered with its arena, or now, for as long as the region is held.
    ///
    /// Where registering is cheap each payload has a key of its own, so that nobody reads but what was offered.
    func region(for range: SlabRange, _ endpoint: Endpoint) throws(FabricError) -> (region: MemoryRegion, offset: Int) {
        if let region = range.slab.pool.registration as? MemoryRegion, region.domain === domain {
            return (region, range.slab.arenaOffset + range.range.lowerBound)
        }
        return (try endpoint.register(range.bytes), 0)
    }
}

extension ProgressContext {
    /// An endpoint for one connection.
    func makeEndpoint(_ id: UInt64) throws(FabricError) -> Endpoint {
        try makeEndpoint(id, domain.info.at(port: 0), Link.slots(limits, domain.info))
    }

    /// An endpoint that is looked at.
    func makeEndpoint(_ id: UInt64, _ info: FabricInfo, _ slots: Endpoint.Slots) throws(FabricError) -> Endpoint {
        let endpoint = try Endpoint(id, domain, info, slots)
        if let descriptor = endpoint.descriptor { try poller.add(descriptor, id) }
        activate(endpoint)
        return endpoint
    }

    func close(_ endpoint: Endpoint) {
        if let descriptor = endpoint.descriptor { poller.remove(descriptor) }
        endpoint.close()
    }

    /// Sees to it that an endpoint is looked at: something was asked of its provider, and its descriptor need not tell.
    func activate(_ endpoint: Endpoint) {
        if endpoint.isActive { return }
        endpoint.isActive = true
        active.append(endpoint.id)
    }

    /// Waits until something may have come, and calls `body` with the numbers of whom it is about.
    func sleep(nanoseconds: UInt64?, _ body: (UInt64) -> Void) { poller.wait(nanoseconds: nanoseconds, body) }
}
