internal import Crypto
internal import Foundation

/// SHA-256 (FIPS 180-4) of files.
enum FileDigest {
    /// What is read at a time.
    private static let blockBytes = 1 << 20

    /// The digest of a file in hexadecimal digits, and its size in bytes; it is read once.
    /// - Throws: The error of the system where it is not there, or cannot be read.
    static func sha256(_ path: String) throws -> (digits: String, bytes: Int) {
        let file = try FileHandle(forReadingFrom: URL(fileURLWithPath: path))
        defer { try? file.close() }
        var hash = SHA256()
        var bytes = 0
        while let data = try file.read(upToCount: blockBytes), !data.isEmpty {
            hash.update(data: data)
            bytes += data.count
        }
        return (hash.finalize().map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined(), bytes)
    }
}
