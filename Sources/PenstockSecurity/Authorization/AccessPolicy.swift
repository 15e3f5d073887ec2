public import PenstockEvents

/// What those may do who have no token: by the subject of their certificate, or by their user's number; nothing where
/// the policy does not name them.
///
/// A policy is a file of JSON:
/// ```json
/// {
///   "certificates": { "detector-7": ["produce:raw.*"], "alice": ["consume:*", "admin"] },
///   "users": { "1000": ["consume:raw.*"] }
/// }
/// ```
/// Certificates and users are apart, so that a certificate with a name like a user's number is not that user.
public struct AccessPolicy: Sendable, Hashable {
    /// The most bytes of a file.
    public static let fileBytesMax = 1 << 20
    /// The most subjects and users of a file.
    public static let entriesMax = 10_000

    private static let sections = ["certificates", "users"]
    private var certificates: [String: Permissions] = [:]
    private var users: [UInt32: Permissions] = [:]

    /// A policy that allows nobody anything.
    public init() {}

    /// The policy of a file.
    /// - Throws: `SecurityError` with code `missingFile`, `unreadableFile`, `exposedFile` (others than its owner can
    ///   write it) or `invalidFile`, that names the file, and what is wrong in it.
    public init(contentsOf path: String) throws(SecurityError) {
        let bytes = try ProtectedFile.load(path, "an access policy", .trusted, bytesMax: Self.fileBytesMax)
        try self.init(parsing: bytes, of: path)
    }

    init(parsing bytes: [UInt8], of path: String) throws(SecurityError) {
        let document = JSONDocument(path: path)
        let file = try document.object(bytes)
        if let unknown = file.members.first(where: { !Self.sections.contains($0.name) }) {
            throw document.invalid(
                SecurityError.quoted(unknown.name), "is nothing that a policy says",
                hint: "it has \"certificates\" and \"users\"")
        }
        for (subject, scopes, place) in try Self.entries("certificates", file, document) {
            if let problem = PrintableName.problem(of: subject) {
                throw document.invalid(place, "cannot be a subject: \(problem)", hint: PrintableName.hint)
            }
            certificates[subject] = try Self.permissions(scopes, place, document)
        }
        for (user, scopes, place) in try Self.entries("users", file, document) {
            // One way to write each number, so that none can stand there twice.
            guard let number = UInt32(user), String(number) == user else {
                throw document.invalid(place, "is no number of a user", hint: "`id -u NAME` prints it")
            }
            users[number] = try Self.permissions(scopes, place, document)
        }
    }

    private static func entries(
        _ section: String, _ file: UniqueMembers, _ document: JSONDocument
    ) throws(SecurityError) -> [(name: String, scopes: JSON, place: String)] {
        guard let value = file[section] else { return [] }
        let members = try document.members(value, section).members
        guard members.count <= entriesMax else {
            throw document.invalid(section, "has \(members.count) entries, and may have \(entriesMax)")
        }
        return members.map { ($0.name, $0.value, "\(section).\(SecurityError.quoted($0.name))") }
    }

    private static func permissions(
        _ json: JSON, _ place: String, _ document: JSONDocument
    ) throws(SecurityError) -> Permissions {
        guard case .array(let elements) = json else {
            throw document.invalid(place, "has to be an array of scopes", hint: "for example [\"consume:raw.*\"]")
        }
        var scopes: [Scope] = []
        for (index, element) in elements.enumerated() {
            guard let text = element.string else { throw document.invalid("\(place)[\(index)]", "is no text") }
            do { scopes.append(try Scope(text)) } catch {
                throw document.invalid("\(place)[\(index)]:", error.summary, hint: error.hint)
            }
        }
        do { return try Permissions(scopes) } catch {
            throw document.invalid("\(place):", error.summary, hint: error.hint)
        }
    }

    /// What a certificate's subject may do.
    public func permissions(ofCertificate subject: String) -> Permissions { certificates[subject] ?? .none }

    /// What a user of this number may do.
    public func permissions(ofUser uid: UInt32) -> Permissions { users[uid] ?? .none }

    /// The identity of a peer whose certificate was verified.
    /// - Parameter expires: when the certificate runs out, where that is known.
    /// - Throws: `SecurityError` with code `invalidSubject`.
    public func identity(ofCertificate subject: String, expires: Timestamp? = nil) throws(SecurityError) -> Identity {
        try Identity(
            subject: subject, proof: .certificate(subject: subject), permissions: permissions(ofCertificate: subject),
            expires: expires)
    }

    /// The identity of a user whom munge has proven.
    public func identity(ofMungeUser uid: UInt32) -> Identity { identity(of: uid, .munge(uid: uid)) }

    /// The identity of a user whom the kernel has proven, as the peer of a Unix socket.
    public func identity(ofUnixPeer uid: UInt32) -> Identity { identity(of: uid, .unixPeer(uid: uid)) }

    private func identity(of uid: UInt32, _ proof: Identity.Proof) -> Identity {
        do {
            return try Identity(subject: "uid:\(uid)", proof: proof, permissions: permissions(ofUser: uid))
        } catch { preconditionFailure("a user's number is a subject: \(error)") }
    }
}
