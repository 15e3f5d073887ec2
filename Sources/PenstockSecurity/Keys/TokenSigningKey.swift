internal import Crypto
internal import PenstockEvents

/// A private key that signs tokens, in a file that only its owner can read: a JSON Web Key (RFC 7517; RFC 8037).
///
/// Nothing that this type prints has the key in it.
public struct TokenSigningKey: Sendable, CustomStringConvertible, CustomReflectable {
    private enum Secret: Sendable {
        case ed25519(Curve25519.Signing.PrivateKey)
        case p256(P256.Signing.PrivateKey)
    }

    private static let fileBytesMax = 4096

    /// The key's id, which its tokens name (`kid`).
    public let id: String
    private let secret: Secret

    /// A new key of the system's random numbers.
    /// - Parameter id: its id; without one the thumbprint of its public half (RFC 7638).
    /// - Throws: `SecurityError` with code `invalidRequest` where the id is none.
    public init(_ algorithm: TokenAlgorithm, id: String? = nil) throws(SecurityError) {
        if let id, let problem = PrintableName.problem(of: id) {
            throw SecurityError(
                .invalidRequest, "\(SecurityError.quoted(id)) cannot be the id of a key: \(problem)",
                hint: PrintableName.hint)
        }
        secret =
            switch algorithm {
            case .edDSA: .ed25519(Curve25519.Signing.PrivateKey())
            case .es256: .p256(P256.Signing.PrivateKey())
            }
        self.id = id ?? Self.verificationKey(of: secret).thumbprint
    }

    /// The key of a file.
    /// - Throws: `SecurityError` with code `missingFile`, `unreadableFile`, `exposedFile` (others than the owner can
    ///   read it) or `invalidFile`.
    public init(contentsOf path: String) throws(SecurityError) {
        let bytes = try ProtectedFile.load(path, "a private key for tokens", .secret, bytesMax: Self.fileBytesMax)
        try self.init(parsing: bytes, of: path)
    }

    init(parsing bytes: [UInt8], of path: String) throws(SecurityError) {
        let document = JSONDocument(path: path)
        let key = try document.object(bytes)
        guard let algorithm = TokenAlgorithm(key), let value = key.text("d").flatMap({ Base64URL.decode($0.utf8) })
        else {
            throw document.invalid(
                "the file", "is no private key of Ed25519 or P-256 (a JSON Web Key)",
                hint: "`penstock token key create` makes one")
        }
        guard let secret = Self.secret(value, algorithm) else { throw document.invalid("d", "is no private key") }
        guard let id = key.text("kid"), PrintableName.problem(of: id) == nil else {
            throw document.invalid("the file", "has no usable id (kid)", hint: PrintableName.hint)
        }
        let derived = Self.verificationKey(of: secret).members
        guard derived.allSatisfy({ key[$0.name] == $0.value }) else {
            throw document.invalid("the file", "has a public and a private half that do not belong together")
        }
        self.id = id
        self.secret = secret
    }

    private static func secret(_ value: [UInt8], _ algorithm: TokenAlgorithm) -> Secret? {
        switch algorithm {
        case .edDSA: (try? Curve25519.Signing.PrivateKey(rawRepresentation: value)).map { .ed25519($0) }
        case .es256: (try? P256.Signing.PrivateKey(rawRepresentation: value)).map { .p256($0) }
        }
    }

    private static func verificationKey(of secret: Secret) -> VerificationKey {
        switch secret {
        case .ed25519(let key): .ed25519(key.publicKey)
        case .p256(let key): .p256(key.publicKey)
        }
    }

    /// How its tokens are signed.
    public var algorithm: TokenAlgorithm { verificationKey.algorithm }

    /// The public half.
    var verificationKey: VerificationKey { Self.verificationKey(of: secret) }

    /// Its id and algorithm.
    public var description: String { "the \(algorithm.rawValue) key \(id)" }

    /// Its id and algorithm.
    public var customMirror: Mirror { Mirror(self, children: ["id": id, "algorithm": algorithm]) }

    /// Writes the key to a new file that only its owner can read.
    /// - Throws: `SecurityError` with code `fileExists` or `unwritableFile`.
    public func write(to path: String) throws(SecurityError) {
        let value =
            switch secret {
            case .ed25519(let key): key.rawRepresentation
            case .p256(let key): key.rawRepresentation
            }
        let members = verificationKey.webKey(id: id) + [JSON.Member("d", .text(Base64URL.encode(value)))]
        try NewFile.create(path, Array((JSON.object(members).compact + "\n").utf8), .secret)
    }

    /// The signature of a message.
    /// - Throws: `SecurityError` with code `unavailable` where the library of cryptography fails.
    func signature(of message: [UInt8]) throws(SecurityError) -> [UInt8] {
        do {
            switch secret {
            case .ed25519(let key): return Array(try key.signature(for: message))
            case .p256(let key): return Array(try key.signature(for: message).rawRepresentation)
            }
        } catch { throw SecurityError(.unavailable, "\(self) cannot sign") }
    }
}
