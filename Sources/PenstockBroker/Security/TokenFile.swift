internal import Foundation
public import PenstockLog

/// A file with a secret that is shown to a broker: one line that only its owner can read.
public enum TokenFile {
    /// The most bytes of a token.
    static let byteLimit = 4096

    /// Reads a token.
    /// - Throws: `LogError` with code `notAllowed` where the file is not there, others can read it, or it holds no token.
    public static func read(_ path: String) throws(LogError) -> String {
        var status = stat()
        guard stat(path, &status) == 0 else {
            throw LogError(
                .notAllowed, "the file with the token, \(path), cannot be read: \(String(cString: strerror(errno)))",
                hint: "PENSTOCK_TOKEN_FILE names it; a broker on this machine writes one beside its log",
                place: .init(file: path))
        }
        guard status.st_mode & 0o077 == 0 else {
            throw LogError(
                .notAllowed, "the file with the token, \(path), can be read by others", hint: "chmod 600 \(path)",
                place: .init(file: path))
        }
        guard status.st_size <= byteLimit, let text = try? String(contentsOfFile: path, encoding: .utf8) else {
            throw LogError(
                .notAllowed, "the file \(path) holds no token", hint: "it is one line of text", place: .init(file: path)
            )
        }
        let token = text.trimmingCharacters(in: .whitespacesAndNewlines)
        guard !token.isEmpty, !token.contains(where: \.isNewline) else {
            throw LogError(
                .notAllowed, "the file \(path) holds no token", hint: "it is one line of text", place: .init(file: path)
            )
        }
        return token
    }

    /// Makes a secret of 256 bits from the system's source of randomness, and writes it to a file that only its owner can read; one that is
    /// there already is replaced.
    /// - Throws: `LogError` of the storage.
    public static func make(at path: String) throws(LogError) -> String {
        var random = SystemRandomNumberGenerator()
        let token = (0..<4).map { _ in
            let digits = String(random.next(), radix: 16)
            return String(repeating: "0", count: 16 - digits.count) + digits
        }.joined()
        let unfinished = path + ".new"
        unlink(unfinished)
        let file = open(unfinished, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        guard file >= 0 else { throw failed("write", unfinished) }
        let bytes = Array((token + "\n").utf8)
        let written = write(file, bytes, bytes.count)
        close(file)
        guard written == bytes.count, rename(unfinished, path) == 0 else { throw failed("write", path) }
        return token
    }

    private static func failed(_ operation: String, _ path: String) -> LogError {
        LogError(
            .storage, "cannot \(operation) \(path): \(String(cString: strerror(errno)))", place: .init(file: path))
    }
}
