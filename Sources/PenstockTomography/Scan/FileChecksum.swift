internal import Crypto
package import PenstockFormats

/// Checksums of files as they are on the disk.
package enum FileChecksum {
    private static let blockBytes = 1 << 20

    /// The SHA-256 (FIPS 180-4) of the contents of files one behind the other, as `cat FILE… | sha256sum` prints it.
    /// - Throws: `notFound`, `notReadable`, `readFailed`.
    package static func sha256(_ paths: [String]) throws(FormatError) -> String {
        var hash = SHA256()
        let block = UnsafeMutableRawBufferPointer.allocate(byteCount: blockBytes, alignment: 64)
        defer { block.deallocate() }
        for path in paths {
            let file = try FileDescriptor(opening: path)
            while true {
                let count = try file.read(into: block)
                guard count > 0 else { break }
                hash.update(bufferPointer: UnsafeRawBufferPointer(rebasing: block[..<count]))
            }
        }
        return hash.finalize().map { byte in
            let digits = String(byte, radix: 16)
            return byte < 16 ? "0" + digits : digits
        }.joined()
    }
}
