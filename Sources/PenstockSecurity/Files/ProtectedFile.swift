#if canImport(Glibc)
    internal import Glibc
#elseif canImport(Musl)
    internal import Musl
#endif

/// A file that security hangs on, read at once and whole, and only where nobody else can have changed or seen it.
enum ProtectedFile {
    /// What others than the owner must not be able to do.
    enum Protection {
        /// To read or write it: keys.
        case secret
        /// To write it: whom to trust, and what they may do.
        case trusted
    }

    /// The bytes of a regular file.
    /// - Parameters:
    ///   - what: what the file should hold, in the errors.
    ///   - bytesMax: the most bytes of it.
    /// - Throws: `SecurityError` with code `missingFile`, `unreadableFile`, `exposedFile` or `invalidFile` that names
    ///   the file.
    static func load(
        _ path: String, _ what: String, _ protection: Protection, bytesMax: Int
    ) throws(SecurityError) -> [UInt8] {
        // Not to wait for a writer where it is a pipe. Whatever is checked is checked of the file that is read.
        let file = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard file >= 0 else { throw unreadable(path, what) }
        defer { close(file) }
        var status = stat()
        guard fstat(file, &status) == 0 else { throw unreadable(path, what) }
        guard status.st_mode & S_IFMT == S_IFREG else {
            throw SecurityError(
                .unreadableFile, "\(path), which should hold \(what), is no regular file", hint: "check the path")
        }
        try check(status.st_mode, path, what, protection)
        let bytes = try content(of: file, path, what, bytesMax: bytesMax)
        guard bytes.count <= bytesMax else {
            throw SecurityError(
                .invalidFile, "\(path) has more than the \(bytesMax) bytes that a file with \(what) may have",
                hint: "check the path")
        }
        return bytes
    }

    private static func check(
        _ mode: mode_t, _ path: String, _ what: String, _ protection: Protection
    ) throws(SecurityError) {
        switch protection {
        case .secret where mode & 0o077 != 0:
            throw SecurityError(
                .exposedFile, "\(path) with \(what) can be read or written by others than its owner",
                hint: "chmod 600 \(path), and make a new key if somebody may have read this one")
        case .trusted where mode & 0o022 != 0:
            throw SecurityError(
                .exposedFile, "\(path) with \(what) can be written by others than its owner",
                hint: "chmod go-w \(path)")
        default: return
        }
    }

    /// At most one byte more than there may be.
    private static func content(
        of file: Int32, _ path: String, _ what: String, bytesMax: Int
    ) throws(SecurityError) -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: bytesMax + 1)
        var filled = 0
        while filled < bytes.count {
            let count = bytes.withUnsafeMutableBytes { read(file, $0.baseAddress! + filled, $0.count - filled) }
            if count == 0 { break }
            if count > 0 {
                filled += count
            } else if errno != EINTR {
                throw unreadable(path, what)
            }
        }
        bytes.removeLast(bytes.count - filled)
        return bytes
    }

    private static func unreadable(_ path: String, _ what: String) -> SecurityError {
        SecurityError(
            errno == ENOENT ? .missingFile : .unreadableFile,
            "\(path), which should hold \(what), cannot be read: \(String(cString: strerror(errno)))",
            hint: "check the path and its permissions")
    }
}
