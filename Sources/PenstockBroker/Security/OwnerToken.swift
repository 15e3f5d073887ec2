internal import Crypto
public import PenstockSecurity

/// The secret of a broker's owner: whoever shows it may do everything. It is in a file beside the log, which only the owner can read.
public struct OwnerToken: Sendable {
    private let hash: SHA256.Digest
    /// The file.
    public let path: String

    /// Makes a new secret from the system's source of randomness, and writes it to a file that only its owner can read; an earlier one
    /// goes.
    /// - Throws: `SecurityError` with code `unwritableFile`.
    public init(writingTo path: String) throws(SecurityError) {
        let secret = Self.secret()
        try TokenFile.replace(secret, at: path)
        hash = SHA256.hash(data: Array(secret.utf8))
        self.path = path
    }

    /// The secret that several brokers have in common: that of the file, or a new one where there is none.
    /// - Throws: `SecurityError` with code `unwritableFile`, or as `TokenFile.read`.
    public init(sharedAt path: String) throws(SecurityError) {
        // Of several that begin at once the first one makes it.
        do throws(SecurityError) { try TokenFile.write(Self.secret(), to: path) } catch {
            guard error.code == .fileExists else { throw error }
        }
        hash = SHA256.hash(data: Array(try TokenFile.read(path).utf8))
        self.path = path
    }

    private static func secret() -> String {
        SymmetricKey(size: .bits256).withUnsafeBytes { bytes in
            bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
        }
    }

    /// Whether a token is the secret. Takes the same time for every other one.
    func isSame(_ token: String) -> Bool { SHA256.hash(data: Array(token.utf8)) == hash }
}
