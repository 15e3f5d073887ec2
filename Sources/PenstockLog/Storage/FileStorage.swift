#if canImport(Glibc)
    internal import Glibc
#elseif canImport(Musl)
    internal import Musl
#endif

/// The file system.
public struct FileStorage: Storage {
    /// Whether large writes go past the page cache.
    public enum DirectWrites: Sendable, Hashable {
        /// Where the kernel and the file system allow it.
        case automatic
        /// Never: everything goes through the page cache.
        case never
    }

    private let direct: DirectWriter?

    /// The file system.
    public init(directWrites: DirectWrites = .automatic) {
        direct = directWrites == .automatic ? DirectWriter() : nil
    }

    /// What does not work here and is done in another way, a line each.
    public var notes: [String] { direct?.notes ?? [] }

    /// Opens a file.
    public func open(_ path: String, _ access: FileAccess) throws(StorageError) -> any StorageFile {
        let flags: CInt =
            switch access {
            case .read: O_RDONLY
            case .update: O_RDWR
            case .createNew: O_RDWR | O_CREAT | O_EXCL
            case .updateOrCreate: O_RDWR | O_CREAT
            }
        return SystemFile(
            path: path, descriptor: try FileDescriptor(path: path, flags: flags),
            direct: direct)
    }

    /// Creates a directory, not its parents.
    public func createDirectory(_ path: String) throws(StorageError) {
        try StorageError.check("create the directory", path) { mkdir(path, 0o777) }
    }

    /// The names in a directory, sorted by their bytes.
    public func list(_ path: String) throws(StorageError) -> [String] {
        guard let directory = opendir(path) else { throw StorageError(operation: "list", path: path, code: errno) }
        defer { closedir(directory) }
        if DescriptorReserve.isTouched(by: dirfd(directory)) {
            throw StorageError(operation: "list", path: path, code: EMFILE)
        }
        var names: [String] = []
        while true {
            errno = 0
            guard let entry = readdir(directory) else { break }
            let name = withUnsafePointer(to: &entry.pointee.d_name) {
                $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            if name != ".", name != ".." { names.append(name) }
        }
        guard errno == 0 else { throw StorageError(operation: "list", path: path, code: errno) }
        return names.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
    }

    /// What is at a path, or nil for nothing.
    public func kind(of path: String) throws(StorageError) -> FileKind? {
        var status = stat()
        do {
            try StorageError.check("look at", path) { stat(path, &status) }
        } catch {
            if error.reason == .notFound { return nil }
            throw error
        }
        switch status.st_mode & S_IFMT {
        case S_IFREG: return .file
        case S_IFDIR: return .directory
        default: return .other
        }
    }

    /// Gives a file or a directory another name; a file at the new name is replaced in one step.
    public func rename(_ path: String, to newPath: String) throws(StorageError) {
        try StorageError.check("rename", path) { renamePath(path, newPath) }
    }

    /// Removes a file, or a directory that is empty.
    public func remove(_ path: String) throws(StorageError) {
        try StorageError.check("remove", path) { removePath(path) }
    }

    /// Makes what was created, renamed and removed in a directory survive a power loss.
    public func syncDirectory(_ path: String) throws(StorageError) {
        let directory = try FileDescriptor(path: path, flags: O_RDONLY | O_DIRECTORY)
        let number = directory.number
        do {
            try StorageError.check("sync", path) { fsync(number) }
        } catch {
            // Some network file systems know no sync of a directory (EINVAL); they order it with the operation itself.
            if error.reason != .other { throw error }
        }
    }

    /// Opens or creates a file and locks it until the returned object goes, or nil where somebody else holds the lock.
    public func lock(_ path: String, shared: Bool) throws(StorageError) -> (any StorageFile)? {
        let descriptor = try FileDescriptor(path: path, flags: O_RDWR | O_CREAT)
        guard try descriptor.tryLock(path: path, shared: shared) else { return nil }
        return SystemFile(path: path, descriptor: descriptor, direct: nil, isLocked: true)
    }

    /// Whether somebody holds the lock. Needs no write access.
    public func isLocked(_ path: String) throws(StorageError) -> Bool {
        do {
            return try FileDescriptor(path: path, flags: O_RDONLY).isLockedByAnother(path: path)
        } catch {
            if error.reason == .notFound { return false }
            throw error
        }
    }

    /// Watches a directory; nil where the system cannot. What other hosts change on a network file system is not seen.
    public func watch(_ path: String) -> (any DirectoryWatch)? {
        #if os(Linux)
            Inotify.shared?.watch(path)
        #else
            nil
        #endif
    }
}

// The names of the methods hide those of the C library inside of the type.
private func renamePath(_ path: String, _ newPath: String) -> CInt { rename(path, newPath) }
private func removePath(_ path: String) -> CInt { remove(path) }
