internal import Crypto

/// What both ends of a connection over a fabric know, from an authenticated connection before, and nobody else does.
///
/// Fabrics neither encrypt nor authenticate. With a secret each end proves in its first frame that it knows it, for
/// these addresses, this session and these nonces; before that no key of a memory region leaves a process.
public struct FabricSecret: Sendable {
    /// How many bytes a secret has.
    public static let byteCount = 32

    private let key: SymmetricKey

    /// A secret that nobody has yet, from the system's source of randomness.
    public init() { key = SymmetricKey(size: SymmetricKeySize(bitCount: 8 * Self.byteCount)) }

    /// The secret of these bytes; nil where they are not `byteCount`.
    public init?(_ bytes: [UInt8]) {
        guard bytes.count == Self.byteCount else { return nil }
        key = SymmetricKey(data: bytes)
    }

    /// The bytes, to be told to the other end, and to nobody else.
    public var bytes: [UInt8] { key.withUnsafeBytes { Array($0) } }

    /// A proof that whoever makes it knows the secret and means this transcript.
    func proof(of transcript: [UInt8]) -> [UInt8] {
        Array(HMAC<SHA256>.authenticationCode(for: transcript, using: key))
    }
}
