#if canImport(Glibc)
    internal import Glibc
#elseif canImport(Musl)
    internal import Musl
#endif

/// Files that appear whole under their names, or not at all, and that only their owner can read where they are secret.
enum NewFile {
    /// The permissions of a file.
    enum Access: mode_t {
        /// For its owner alone: keys and tokens.
        case secret = 0o600
        /// For everybody to read: certificates and public keys.
        case shared = 0o644
    }

    /// Makes a file that is not there yet.
    /// - Throws: `SecurityError` with code `fileExists` or `unwritableFile` that names it.
    static func create(_ path: String, _ bytes: [UInt8], _ access: Access) throws(SecurityError) {
        let unfinished = try stage(bytes, access, besides: path)
        defer { unlink(unfinished) }
        // A rename would take the place of what is there; a second name does not.
        guard link(unfinished, path) == 0 else {
            if errno == EEXIST { throw exists(path) }
            throw failure("cannot create \(path)")
        }
        try synchronizeFolder(of: path)
    }

    /// Makes a file, or takes the place of the one that is there.
    /// - Throws: `SecurityError` with code `unwritableFile` that names it.
    static func replace(_ path: String, _ bytes: [UInt8], _ access: Access) throws(SecurityError) {
        let unfinished = try stage(bytes, access, besides: path)
        guard rename(unfinished, path) == 0 else {
            let error = failure("cannot write \(path)")
            unlink(unfinished)
            throw error
        }
        try synchronizeFolder(of: path)
    }

    /// Makes a folder for its owner alone where there is none.
    /// - Throws: `SecurityError` with code `unwritableFile` that names it.
    static func makeFolder(_ path: String) throws(SecurityError) {
        guard mkdir(path, 0o700) != 0, errno != EEXIST else { return }
        throw failure("cannot create the directory \(path)")
    }

    /// Refuses where something of that name is there.
    /// - Throws: `SecurityError` with code `fileExists`.
    static func checkIsNew(_ path: String) throws(SecurityError) {
        var status = stat()
        guard lstat(path, &status) != 0 else { throw exists(path) }
    }

    /// Writes all bytes to a file of a name that nobody else has, in the same folder, and gives that name.
    private static func stage(
        _ bytes: [UInt8], _ access: Access, besides path: String
    ) throws(SecurityError) -> String {
        let unfinished = path + ".unfinished-" + String(UInt64.random(in: 0 ... .max), radix: 36)
        let file = open(unfinished, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0o600)
        guard file >= 0 else { throw failure("cannot create \(path)") }
        var done = 0
        while done < bytes.count {
            let count = bytes.withUnsafeBytes { write(file, $0.baseAddress! + done, $0.count - done) }
            guard count >= 0 || errno == EINTR else { break }
            done += max(0, count)
        }
        // The permissions are set, not asked for: the umask of a user may be any.
        let isWritten = done == bytes.count && fchmod(file, access.rawValue) == 0 && fsync(file) == 0
        let error = failure("cannot write \(path)")
        close(file)
        guard isWritten else {
            unlink(unfinished)
            throw error
        }
        return unfinished
    }

    private static func synchronizeFolder(of path: String) throws(SecurityError) {
        let name = path.utf8.lastIndex(of: UInt8(ascii: "/")).map { String(path[...$0]) } ?? "."
        let folder = open(name, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard folder >= 0 else { throw failure("cannot open the directory \(name)") }
        defer { close(folder) }
        // Some file systems do not sync folders, and say so.
        guard fsync(folder) == 0 || errno == EINVAL else { throw failure("cannot sync the directory \(name)") }
    }

    private static func exists(_ path: String) -> SecurityError {
        SecurityError(
            .fileExists, "\(path) is there already, and nothing is overwritten",
            hint: "choose another name, or move it away")
    }

    private static func failure(_ what: String) -> SecurityError {
        SecurityError(
            .unwritableFile, "\(what): \(String(cString: strerror(errno)))",
            hint: "check the directory, its permissions and the space on the disk")
    }
}
