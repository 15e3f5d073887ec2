internal import Crypto
internal import PenstockEvents

/// The public half of a key that signs tokens.
enum VerificationKey: Sendable {
    case ed25519(Curve25519.Signing.PublicKey)
    case p256(P256.Signing.PublicKey)

    /// A key from a JSON Web Key (RFC 7517; RFC 7518, section 6.2; RFC 8037, section 2); nil where its values are
    /// wrong.
    init?(_ key: UniqueMembers, _ algorithm: TokenAlgorithm) {
        func coordinate(_ name: String) -> [UInt8]? {
            guard let bytes = key.text(name).flatMap({ Base64URL.decode($0.utf8) }) else { return nil }
            return bytes.count == 32 ? bytes : nil
        }
        guard let x = coordinate("x") else { return nil }
        switch algorithm {
        case .edDSA:
            guard let key = try? Curve25519.Signing.PublicKey(rawRepresentation: x) else { return nil }
            self = .ed25519(key)
        case .es256:
            guard let y = coordinate("y"), let key = try? P256.Signing.PublicKey(rawRepresentation: x + y) else {
                return nil
            }
            self = .p256(key)
        }
    }

    var algorithm: TokenAlgorithm {
        switch self {
        case .ed25519: .edDSA
        case .p256: .es256
        }
    }

    /// Whether the signature is this key's for the message.
    func isSignature(_ signature: [UInt8], of message: [UInt8]) -> Bool {
        switch self {
        case .ed25519(let key):
            return key.isValidSignature(signature, for: message)
        case .p256(let key):
            guard let signature = try? P256.Signing.ECDSASignature(rawRepresentation: signature) else { return false }
            return key.isValidSignature(signature, for: message)
        }
    }

    /// The members of its JSON Web Key that make it what it is, in the order of their names.
    var members: [JSON.Member] {
        func member(_ name: String, _ text: String) -> JSON.Member { JSON.Member(name, .text(text)) }
        switch self {
        case .ed25519(let key):
            return [
                member("crv", "Ed25519"), member("kty", "OKP"),
                member("x", Base64URL.encode(key.rawRepresentation)),
            ]
        case .p256(let key):
            return [
                member("crv", "P-256"), member("kty", "EC"),
                member("x", Base64URL.encode(key.rawRepresentation.prefix(32))),
                member("y", Base64URL.encode(key.rawRepresentation.suffix(32))),
            ]
        }
    }

    /// An id that two keys do not share: the hash of what makes the key what it is (RFC 7638).
    var thumbprint: String { Base64URL.encode(SHA256.hash(data: Array(JSON.object(members).compact.utf8))) }

    /// The key with its id, as it stands in a file of keys.
    func webKey(id: String) -> [JSON.Member] {
        members + [
            JSON.Member("alg", .text(algorithm.rawValue)), JSON.Member("use", .text("sig")),
            JSON.Member("kid", .text(id)),
        ]
    }
}

extension TokenAlgorithm {
    /// The algorithm of a JSON Web Key by its type and curve; nil for a key that signs no tokens of ours.
    init?(_ key: UniqueMembers) {
        switch (key.text("kty"), key.text("crv")) {
        case ("OKP", "Ed25519"): self = .edDSA
        case ("EC", "P-256"): self = .es256
        default: return nil
        }
    }
}
