/// A token in a file that only its owner can read.
public enum TokenFile {
    /// Writes a token to a new file.
    /// - Throws: `SecurityError` with code `fileExists` or `unwritableFile`.
    public static func write(_ token: String, to path: String) throws(SecurityError) {
        try NewFile.create(path, Array((token + "\n").utf8), .secret)
    }

    /// Writes a token to a file, in one step with taking away what was there under the name.
    /// - Throws: `SecurityError` with code `unwritableFile`.
    public static func replace(_ token: String, at path: String) throws(SecurityError) {
        try NewFile.replace(path, Array((token + "\n").utf8), .secret)
    }

    /// The token of a file, without the end of the line. What it says is not looked at.
    /// - Throws: `SecurityError` with code `missingFile`, `unreadableFile`, `exposedFile` (others than the owner can
    ///   read it) or `invalidFile`.
    public static func read(_ path: String) throws(SecurityError) -> String {
        var bytes = try ProtectedFile.load(path, "a token", .secret, bytesMax: TokenVerifier.tokenBytesMax + 2)
        while let last = bytes.last, last == UInt8(ascii: "\n") || last == UInt8(ascii: "\r") { bytes.removeLast() }
        guard !bytes.isEmpty, bytes.allSatisfy({ (0x21..<0x7F).contains($0) }) else {
            throw SecurityError(
                .invalidFile, "\(path) does not hold a token alone", hint: "`penstock token issue --output` makes one")
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}
