internal import PenstockEvents

/// The folders of sessions: for each the lease that it lives by, a counter as its sign of life, and what makes it a member.
struct SessionFiles {
    private static let leaseName = "lease"
    private static let signName = "sign-of-life"
    private static let memberName = "member"
    private static let byteLimit = 4096
    /// Changed bytes of a small file are never compared beyond this.
    private static let signLimit = 64

    let storage: any Storage
    /// The folder with a folder for each session.
    let directory: String

    func folder(of session: String) -> String { directory + "/" + session }

    /// All sessions that have a folder.
    func list() throws(StorageError) -> [String] { try storage.list(directory) }

    func begin(_ session: String, lease: Duration) throws(StorageError) {
        try storage.createDirectory(folder(of: session))
        try write(SealedContent.seal(fields: ["lease-ns": "\(lease.nanoseconds)"]), Self.leaseName, of: session)
        try write(Self.sign(0), Self.signName, of: session)
        try storage.syncDirectory(folder(of: session))
        try storage.syncDirectory(directory)
    }

    /// Gives a sign of life; false where the session is not there any more.
    func renew(_ session: String, counter: UInt64) throws(StorageError) -> Bool {
        do {
            let file = try storage.open("\(folder(of: session))/\(Self.signName)", .update)
            try Self.sign(counter).withRawBytes { bytes throws(StorageError) in try file.write([bytes], at: 0) }
            // Without it a client of a network file system may keep the bytes to itself.
            try file.sync()
            return true
        } catch {
            if error.reason == .notFound { return false }
            throw error
        }
    }

    func sign(of session: String) throws(StorageError) -> [UInt8]? {
        try storage.contents(of: "\(folder(of: session))/\(Self.signName)", limit: Self.signLimit)
    }

    /// What a session lives by; the longest lease where it does not say.
    func lease(of session: String) throws(StorageError) -> Duration {
        let bytes = try storage.contents(of: "\(folder(of: session))/\(Self.leaseName)", limit: Self.byteLimit)
        let fields = bytes.flatMap { SealedContent.fields($0) }
        return fields?["lease-ns"].flatMap { Int64($0) }.map { .nanoseconds($0) } ?? LeaseTiming.longestLease
    }

    func end(_ session: String) { storage.removeTree(folder(of: session)) }

    // MARK: Members

    func join(_ member: Member) throws(StorageError) {
        try storage.replace(
            Self.memberName, in: folder(of: member.id),
            with: SealedContent.seal(fields: ["name": member.name, "address": member.address]))
    }

    func leave(_ session: String) throws(StorageError) {
        do { try storage.remove("\(folder(of: session))/\(Self.memberName)") } catch {
            guard error.reason == .notFound else { throw error }
        }
    }

    /// The member that a session is; nil for none.
    func member(_ session: String) throws(StorageError) -> Member? {
        let bytes = try storage.contents(of: "\(folder(of: session))/\(Self.memberName)", limit: Self.byteLimit)
        guard let fields = bytes.flatMap({ SealedContent.fields($0) }), let name = fields["name"],
            let address = fields["address"]
        else { return nil }
        return Member(id: session, name: name, address: address)
    }

    private func write(_ bytes: [UInt8], _ name: String, of session: String) throws(StorageError) {
        let file = try storage.open("\(folder(of: session))/\(name)", .createNew)
        try bytes.withRawBytes { bytes throws(StorageError) in try file.write([bytes], at: 0) }
        try file.sync()
    }

    // No two signs have much in common: one that was written in part is like none before it either.
    private static func sign(_ counter: UInt64) -> [UInt8] {
        let number = SplitMix64.mix(counter)
        return (0..<8).map { UInt8(truncatingIfNeeded: number >> (8 * $0)) }
    }
}
