public import PenstockEvents

/// Coordination over a directory that all processes share: the default inside one job.
///
/// It relies on little: that a file is created exclusively, that a rename is one step, that one which would replace a folder with something in
/// it fails, and that what one host has written is seen by another that opens the file within the margin. It locks nothing, trusts no
/// file's time, and looks for changes now and then. The folder must be writable by the processes that take part, and by nobody else. Do
/// not remove it, or files of it, while a process uses it.
///
/// A file system that hangs makes calls hang; leases lapse all the same.
public actor FileCoordinator: Coordinator {
    /// The lease and its margin.
    public nonisolated let timing: LeaseTiming
    /// The clock by which leases count.
    public nonisolated let clock: any MonotonicClock
    /// The thread on which the files are used.
    public nonisolated var unownedExecutor: UnownedSerialExecutor { thread.asUnownedSerialExecutor() }

    private nonisolated let thread: StorageThread
    private nonisolated let updates = Updates()
    private let directory: String
    private let storage: any Storage
    private let randomNumbers: any RandomSource
    private var opened: FileRendezvous?
    private var keeper: (session: LeaseSession, SessionKeeper)?
    private var isClosed = false

    /// A coordinator over `directory`, which is made where it is not there (not the folders above it).
    /// - Throws: `CoordinatorError` with code `invalidConfiguration`, `newerFormat`, `permissionDenied` or `storage`.
    public init(
        directory: String, timing: LeaseTiming = LeaseTiming(),
        storage: any Storage = FileStorage(directWrites: .never),
        clock: any MonotonicClock = SystemMonotonicClock(), randomNumbers: any RandomSource = SystemRandomSource()
    ) async throws(CoordinatorError) {
        self.directory = directory
        self.timing = timing
        self.storage = storage
        self.clock = clock
        self.randomNumbers = randomNumbers
        thread = StorageThread(label: "penstock-log.coordination", scheduler: storage.scheduler)
        try open()
    }

    private func open() throws(CoordinatorError) {
        opened = try FileRendezvous(
            directory: directory, timing: timing, storage: storage, clock: clock, randomNumbers: randomNumbers,
            giveBack: { [weak self] (lease) throws(CoordinatorError) in try await self?.giveBack(lease) },
            leave: { [weak self] (membership) throws(CoordinatorError) in try await self?.leave(membership) })
    }

    // MARK: Members

    /// Makes this process one of the members.
    public func join(name: String, address: String) throws(CoordinatorError) -> Membership {
        try use { (files: inout FileRendezvous) throws(CoordinatorError) in
            try files.join(name: name, address: address)
        }
    }

    /// The members, sorted.
    public func members() throws(CoordinatorError) -> [Member] {
        try use { (files: inout FileRendezvous) throws(CoordinatorError) in try files.members() }
    }

    /// The members now, and again when somebody has come or gone.
    public nonisolated func memberUpdates() -> AsyncStream<[Member]> {
        poll { (coordinator) throws(CoordinatorError) in try await coordinator.members() }
    }

    private func leave(_ membership: Membership) throws(CoordinatorError) {
        try use { (files: inout FileRendezvous) throws(CoordinatorError) in try files.leave(membership) }
    }

    // MARK: Claims

    /// Tries to get a key, once.
    public func claim(
        _ key: CoordinationKey, for holder: String, above floor: UInt32
    ) throws(CoordinatorError) -> ClaimAnswer {
        try use { (files: inout FileRendezvous) throws(CoordinatorError) in
            try files.claim(key, for: holder, above: floor)
        }
    }

    private func giveBack(_ lease: Lease) throws(CoordinatorError) {
        // A coordinator that was closed has given back everything.
        guard !isClosed else { return }
        try use { (files: inout FileRendezvous) throws(CoordinatorError) in try files.giveBack(lease) }
    }

    // MARK: Values

    /// The value of a key; nil where there is none.
    public func value(of key: CoordinationKey) throws(CoordinatorError) -> StoredValue? {
        try use { (files: inout FileRendezvous) throws(CoordinatorError) in try files.value(of: key) }
    }

    /// Changes the value of a key, or deletes it, if the key holds what is expected.
    public func change(
        _ key: CoordinationKey, to bytes: [UInt8]?, expecting expectation: Expectation
    ) throws(CoordinatorError) -> ChangeAnswer {
        try use { (files: inout FileRendezvous) throws(CoordinatorError) in
            try files.change(key, to: bytes, expecting: expectation)
        }
    }

    /// The values and claims of all keys that begin with `prefix`.
    public func snapshot(under prefix: String) throws(CoordinatorError) -> CoordinationSnapshot {
        try use { (files: inout FileRendezvous) throws(CoordinatorError) in try files.snapshot(under: prefix) }
    }

    /// What `snapshot` gives, now and again when it has changed.
    public nonisolated func updates(under prefix: String) -> AsyncStream<CoordinationSnapshot> {
        poll { (coordinator) throws(CoordinatorError) in try await coordinator.snapshot(under: prefix) }
    }

    /// Gives back all claims, leaves the members, and ends all streams.
    public func close() {
        isClosed = true
        updates.close()
        keeper = nil
        opened?.retireSession(.released)
    }

    // MARK: Inside

    /// Does something with the files, and keeps the session alive that it may have begun.
    private func use<Result>(
        _ body: (inout FileRendezvous) throws(CoordinatorError) -> Result
    ) throws(CoordinatorError) -> Result {
        guard !isClosed, opened != nil else { throw CoordinatorError.isClosed }
        defer { keepAlive() }
        return try body(&opened!)
    }

    private func keepAlive() {
        guard let session = opened?.session else { return keeper = nil }
        guard keeper?.session !== session else { return }
        keeper = (
            session,
            SessionKeeper(session, timing: timing, clock: clock, scheduler: storage.scheduler) { [weak self] in
                await self?.renew() ?? false
            }
        )
    }

    private func renew() -> Bool { opened?.renew() ?? false }

    private nonisolated func poll<Element: Equatable & Sendable>(
        _ fetch: @escaping @Sendable (FileCoordinator) async throws(CoordinatorError) -> Element
    ) -> AsyncStream<Element> {
        let clock = clock
        let interval = timing.pollInterval
        return updates.stream { [weak self] yield in
            while !Task.isCancelled {
                do throws(CoordinatorError) {
                    guard let self else { return }
                    yield(try await fetch(self))
                } catch {
                    if error.code == .closed { return }
                }
                do { try await clock.sleep(until: clock.now() + interval) } catch { return }
            }
        }
    }
}
