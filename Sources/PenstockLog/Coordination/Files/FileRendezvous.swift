package import PenstockEvents

/// What one process does in the coordination directory, call by call: blocking, and on one thread.
///
/// The folder `penstock-coordination-1` holds `sessions`, one for each process that lives, and `claims` and `values`, numbered entries of
/// keys. A claim's entry names a session; it holds as long as the session lives and the entry was not ended.
package struct FileRendezvous {
    private static let folderPrefix = "penstock-coordination-"
    static let version = 1
    /// Own sessions that are known to have lapsed; others' claims to have been ours are waited for like anybody's.
    private static let rememberedSessions = 64

    /// A claim of this process, as its entry is found again.
    struct Entry: Hashable {
        let key: CoordinationKey
        let epoch: UInt32
    }

    let storage: any Storage
    let timing: LeaseTiming
    let clock: any MonotonicClock
    private let randomNumbers: any RandomSource
    private let giveBack: @Sendable (Lease) async throws(CoordinatorError) -> Void
    private let leave: @Sendable (Membership) async throws(CoordinatorError) -> Void

    let sessions: SessionFiles
    let claims: NumberedEntries
    let values: NumberedEntries
    var contents = EntryContents()
    var sightings = SessionSightings()

    /// The session of this process, from its first join or claim on.
    package private(set) var session: LeaseSession?
    private var formerSessions: [String] = []
    private var signs: UInt64 = 0
    private var drafts: UInt64 = 0
    /// The numbers of the entries of the session's leases.
    private var entries: [Entry: UInt64] = [:]
    /// Entries that are to be ended when the storage lets it.
    private var unended: [UnendedEntry] = []

    private struct UnendedEntry {
        let key: CoordinationKey
        let number: UInt64
    }

    /// Opens a coordination directory; makes it where it is not there.
    /// - Parameters:
    ///   - keptEntries: how many older entries of a key stay.
    ///   - giveBack: what releasing a lease does.
    ///   - leave: what leaving the members does.
    /// - Throws: `CoordinatorError` with code `invalidConfiguration` or `newerFormat`, or one of the storage.
    package init(
        directory: String, timing: LeaseTiming, storage: any Storage, clock: any MonotonicClock,
        randomNumbers: any RandomSource, keptEntries: UInt64 = 8,
        giveBack: @escaping @Sendable (Lease) async throws(CoordinatorError) -> Void = { _ in },
        leave: @escaping @Sendable (Membership) async throws(CoordinatorError) -> Void = { _ in }
    ) throws(CoordinatorError) {
        try timing.validate()
        self.storage = storage
        self.timing = timing
        self.clock = clock
        self.randomNumbers = randomNumbers
        self.giveBack = giveBack
        self.leave = leave
        let folder = "\(directory)/\(Self.folderPrefix)\(Self.version)"
        sessions = SessionFiles(storage: storage, directory: folder + "/sessions")
        claims = NumberedEntries(storage: storage, directory: folder + "/claims", keptEntries: keptEntries)
        values = NumberedEntries(storage: storage, directory: folder + "/values", keptEntries: keptEntries)
        try Self.make(folder, in: directory, storage)
        for inner in [sessions.directory, claims.directory, values.directory] {
            try tried { () throws(StorageError) in try storage.makeDirectory(inner, in: folder) }
        }
    }

    private static func make(
        _ folder: String, in directory: String, _ storage: any Storage
    ) throws(CoordinatorError) {
        switch try tried({ () throws(StorageError) in try storage.kind(of: directory) }) {
        case nil:
            try tried { () throws(StorageError) in
                do throws(StorageError) { try storage.createDirectory(directory) } catch {
                    guard error.reason == .alreadyExists else { throw error }
                }
            }
        case .directory: break
        case .file, .other:
            throw CoordinatorError(
                .invalidConfiguration, "\(directory) is not a directory", hint: "name a directory that all hosts see")
        }
        let names = try tried { () throws(StorageError) in try storage.list(directory) }
        if let newer = names.first(where: { name in
            name.hasPrefix(folderPrefix) && Int(name.dropFirst(folderPrefix.count)).map { $0 > version } ?? false
        }) {
            throw CoordinatorError(
                .newerFormat, "\(directory)/\(newer) was made by a newer version",
                hint: "use one version in all processes of a job, or another directory")
        }
        try tried { () throws(StorageError) in try storage.makeDirectory(folder, in: directory) }
    }

    // MARK: The session

    /// The session of this process; begins one where there is none that holds.
    mutating func liveSession() throws(CoordinatorError) -> LeaseSession {
        endEntries()
        if let session, session.holds(at: clock.now()) { return session }
        retireSession(.lapsed)
        let id = Self.hexadecimal(randomNumbers.next()) + Self.hexadecimal(randomNumbers.next())
        let beganAt = clock.now()
        signs = 0
        try tried { () throws(StorageError) in try sessions.begin(id, lease: timing.lease) }
        let session = LeaseSession(id: id, lease: timing.lease, beganAt: beganAt)
        guard session.holds(at: clock.now()) else { throw tooSlow }
        self.session = session
        return session
    }

    var tooSlow: CoordinatorError { .tooSlow(sessions.directory, lease: timing.lease) }

    /// Gives a sign of life; false where the session has ended. A failure of the storage is for the next time to mend, while there is time.
    package mutating func renew() -> Bool {
        guard let session, session.ending.value == nil else { return false }
        let sentAt = clock.now()
        signs += 1
        do {
            if try sessions.renew(session.id, counter: signs) {
                session.renew(sentAt: sentAt, by: clock)
            } else {
                session.end(.revoked)
            }
        } catch {
            if !session.holds(at: clock.now()) { session.end(.lapsed) }
        }
        endEntries()
        return session.ending.value == nil
    }

    /// Ends the session, and lets others have at once what was claimed by it, as far as the storage lets it.
    package mutating func retireSession(_ reason: LeaseEnd) {
        guard let session else { return }
        session.end(reason)
        self.session = nil
        formerSessions.append(session.id)
        if formerSessions.count > Self.rememberedSessions { formerSessions.removeFirst() }
        unended += entries.map { UnendedEntry(key: $0.key.key, number: $0.value) }.sorted { $0.key < $1.key }
        entries = [:]
        try? sessions.leave(session.id)
        endEntries()
        if unended.isEmpty { sessions.end(session.id) }
    }

    /// Whether a session is or was this process's. It believes in what `LeaseSession` knows, and in nothing else that the files say of it.
    func isOwn(_ id: String) -> Bool { session?.id == id || formerSessions.contains(id) }

    /// Looks for a sign of life of a session, and clears away what has died long ago.
    mutating func look(at id: String, lease: Duration) throws(CoordinatorError) -> SessionSightings.Verdict {
        let began = clock.now()
        let sign = try tried { () throws(StorageError) in try sessions.sign(of: id) }
        let verdict = sightings.look(
            at: id, sign: sign, began: began, ended: clock.now(), patience: lease + timing.margin)
        if verdict == .dead(isForgotten: true) { sessions.end(id) }
        return verdict
    }

    // MARK: Entries

    /// A folder and a file name that nothing has had before.
    mutating func newDraft(_ session: LeaseSession) -> (folder: String, name: String) {
        drafts += 1
        return ("\(sessions.folder(of: session.id))/draft-\(drafts)", "\(session.id)-\(drafts)")
    }

    func makeLease(
        _ key: CoordinationKey, for holder: String, epoch: UInt32, _ session: LeaseSession
    ) -> Lease {
        Lease(key, holder: holder, epoch: epoch, session: session, clock: clock, giveBack: giveBack)
    }

    mutating func adopt(_ lease: Lease, number: UInt64, _ session: LeaseSession) {
        entries[Entry(key: lease.key, epoch: lease.epoch)] = number
        session.adopt(lease)
    }

    /// Lets others have the key of a lease that its holder has ended.
    /// - Throws: `CoordinatorError` where the storage does not let it; then it is tried again later.
    package mutating func giveBack(_ lease: Lease) throws(CoordinatorError) {
        guard let number = entries.removeValue(forKey: Entry(key: lease.key, epoch: lease.epoch)) else { return }
        session?.drop(lease)
        unended.append(UnendedEntry(key: lease.key, number: number))
        if let error = endEntries() { throw CoordinatorError(error) }
    }

    /// Notes that an entry of this process must not stand in the way of others, although it may have been published.
    mutating func disown(_ number: UInt64, of key: CoordinationKey, name: String) {
        guard (try? storage.kind(of: "\(claims.path(of: key, number))/\(name)")) != FileKind?.none else { return }
        unended.append(UnendedEntry(key: key, number: number))
        endEntries()
    }

    @discardableResult
    private mutating func endEntries() -> StorageError? {
        var failure: StorageError?
        unended = unended.filter { entry in
            do throws(StorageError) {
                try claims.end(entry.number, of: entry.key)
                return false
            } catch {
                // Its folder is gone with all that was in it.
                guard error.reason != .notFound else { return false }
                failure = error
                return true
            }
        }
        return failure
    }

    // MARK: Members

    /// Makes this process a member.
    package mutating func join(name: String, address: String) throws(CoordinatorError) -> Membership {
        try CoordinationLimits.check(name: name, "a member's name")
        try CoordinationLimits.check(name: address, "a member's address")
        let session = try liveSession()
        if let membership = session.membership, membership.isCurrent {
            throw CoordinatorError(
                .refused, "this process is a member already, as \(membership.member.name)",
                hint: "leave first, or use another coordinator")
        }
        let member = Member(id: session.id, name: name, address: address)
        try tried { () throws(StorageError) in try sessions.join(member) }
        guard session.holds(at: clock.now()) else { throw tooSlow }
        let membership = Membership(member, leave: leave)
        session.adopt(membership)
        return membership
    }

    package mutating func leave(_ membership: Membership) throws(CoordinatorError) {
        session?.drop(membership)
        try tried { () throws(StorageError) in try sessions.leave(membership.member.id) }
    }

    /// All members that are not known to be dead, sorted.
    package mutating func members() throws(CoordinatorError) -> [Member] {
        var members: [Member] = []
        for id in try tried({ () throws(StorageError) in try sessions.list() }) {
            if id == session?.id {
                if let membership = session?.membership, membership.isCurrent { members.append(membership.member) }
                continue
            }
            let (member, lease) = try tried { () throws(StorageError) in
                (try sessions.member(id), try sessions.lease(of: id))
            }
            // Also who is no member is looked at, so that what died long ago is cleared away.
            let verdict = try look(at: id, lease: lease)
            if case .alive = verdict, let member, !isOwn(id) { members.append(member) }
        }
        return members.sorted()
    }

    private static func hexadecimal(_ number: UInt64) -> String {
        let digits = String(number, radix: 16)
        return String(repeating: "0", count: 16 - digits.utf8.count) + digits
    }
}

/// Runs storage operations and tells their failures as failures of the coordinator.
func tried<Result>(_ body: () throws(StorageError) -> Result) throws(CoordinatorError) -> Result {
    do { return try body() } catch { throw CoordinatorError(error) }
}
