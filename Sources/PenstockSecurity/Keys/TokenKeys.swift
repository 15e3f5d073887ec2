internal import PenstockEvents

/// The public keys whose tokens are believed, from a file: a JSON Web Key Set (RFC 7517, section 5).
///
/// Each key has an id (`kid`) that no other of the file has. Keys of other types than Ed25519 and P-256, and keys that
/// are not for signatures, are passed over: no token can name them. A file with a private or a shared secret key is
/// refused.
public struct TokenKeys: Sendable {
    /// The most keys of a file.
    public static let keysMax = 64
    /// The most bytes of a file.
    public static let fileBytesMax = 64 << 10

    /// All keys as they are written, also those that are passed over.
    private var entries: [JSON]
    private var keys: [String: VerificationKey]

    /// The ids of the keys that can have signed a token, in the order of the file.
    public private(set) var ids: [String]

    /// No keys: no token is believed.
    public init() { (entries, keys, ids) = ([], [:], []) }

    /// The keys of a file.
    /// - Throws: `SecurityError` with code `missingFile`, `unreadableFile`, `exposedFile` (others can write it) or
    ///   `invalidFile`, that names the file, and what is wrong in it.
    public init(contentsOf path: String) throws(SecurityError) {
        let bytes = try ProtectedFile.load(path, "public keys for tokens", .trusted, bytesMax: Self.fileBytesMax)
        try self.init(parsing: bytes, of: path)
    }

    /// The keys that the bytes of a file say.
    init(parsing bytes: [UInt8], of path: String) throws(SecurityError) {
        self.init()
        let document = JSONDocument(path: path)
        guard case .array(let entries)? = try document.object(bytes)["keys"] else {
            throw document.invalid("keys", "has to be an array of keys (a JSON Web Key Set, RFC 7517)")
        }
        guard entries.count <= Self.keysMax else {
            throw document.invalid("keys", "has \(entries.count) keys, and may have \(Self.keysMax)")
        }
        for (index, entry) in entries.enumerated() { try add(entry, "keys[\(index)]", document) }
    }

    private mutating func add(_ entry: JSON, _ place: String, _ document: JSONDocument) throws(SecurityError) {
        let key = try document.members(entry, place)
        guard key["d"] == nil, key["k"] == nil else {
            throw document.invalid(
                place, "is a secret key, and this file is for public ones",
                hint: "take it out; whoever could read the file can issue tokens with it")
        }
        entries.append(entry)
        guard let algorithm = TokenAlgorithm(key), key["use"] ?? .text("sig") == .text("sig") else { return }
        guard let id = key.text("kid"), PrintableName.problem(of: id) == nil else {
            throw document.invalid(place, "has no usable id (kid)", hint: PrintableName.hint)
        }
        guard keys[id] == nil else { throw document.invalid(place, "has an id that another key of the file has") }
        guard key["alg"] ?? .text(algorithm.rawValue) == .text(algorithm.rawValue) else {
            throw document.invalid(
                place, "is a key for \(algorithm.rawValue), and says that it is for another algorithm")
        }
        guard let value = VerificationKey(key, algorithm) else {
            throw document.invalid(place, "has no valid coordinates")
        }
        keys[id] = value
        ids.append(id)
    }

    /// The key of this id.
    subscript(id: String) -> VerificationKey? { keys[id] }

    /// How tokens of the key of this id are signed; nil where there is none.
    public func algorithm(of id: String) -> TokenAlgorithm? { keys[id]?.algorithm }

    /// Adds the public half of a key.
    /// - Throws: `SecurityError` with code `invalidRequest` where there is a key of that id, or no room.
    public mutating func add(_ key: TokenSigningKey) throws(SecurityError) {
        guard keys[key.id] == nil else {
            throw SecurityError(
                .invalidRequest, "there is a key with the id \(SecurityError.quoted(key.id)) already",
                hint: "give the new key another id")
        }
        guard entries.count < Self.keysMax else {
            throw SecurityError(
                .invalidRequest, "there are \(entries.count) keys, and no more may be in a file",
                hint: "remove those that issue no tokens any more")
        }
        entries.append(.object(key.verificationKey.webKey(id: key.id)))
        keys[key.id] = key.verificationKey
        ids.append(key.id)
    }

    /// Removes a key, so that none of its tokens is believed any more.
    /// - Throws: `SecurityError` with code `unknownKey` where there is none of that id.
    public mutating func remove(_ id: String) throws(SecurityError) {
        guard keys.removeValue(forKey: id) != nil else {
            throw SecurityError(
                .unknownKey, "there is no key with the id \(SecurityError.quoted(id))",
                hint: ids.isEmpty ? "there are no keys at all" : "there are \(ids.joined(separator: ", "))")
        }
        ids.removeAll { $0 == id }
        entries.removeAll { $0["kid"] == .text(id) }
    }

    /// Writes the file, for everybody to read, in the place of the one that is there.
    /// - Throws: `SecurityError` with code `unwritableFile`.
    public func write(to path: String) throws(SecurityError) {
        let lines = entries.map { "    " + $0.compact }.joined(separator: ",\n")
        let text = entries.isEmpty ? "{\"keys\":[]}\n" : "{\"keys\":[\n\(lines)\n]}\n"
        try NewFile.replace(path, Array(text.utf8), .shared)
    }
}
