internal import PenstockEvents

/// The files of a partition for an owner with a lease: every change asks first whether the lease is held.
///
/// A process may be stopped between the question and the change, for longer than its lease. So of each thread one change can come late, and
/// the next one fails. What that one may do harm to is arranged for: the next owner seals the segment, whose reader ends at the seal;
/// it writes to segments and unfinished files with names of its own; and its `head` is another file.
struct LeasedStorage: Storage {
    private let files: any Storage
    private let lease: Lease

    init(_ files: any Storage, _ lease: Lease) {
        self.files = files
        self.lease = lease
    }

    func open(_ path: String, _ access: FileAccess) throws(StorageError) -> any StorageFile {
        guard access != .read else { return try files.open(path, access) }
        if access != .update { try check("open", path) }
        return LeasedFile(try files.open(path, access), path: path, lease)
    }

    func createDirectory(_ path: String) throws(StorageError) {
        try check("create", path)
        try files.createDirectory(path)
    }

    func rename(_ path: String, to newPath: String) throws(StorageError) {
        try check("rename", path)
        try files.rename(path, to: newPath)
    }

    func remove(_ path: String) throws(StorageError) {
        try check("remove", path)
        try files.remove(path)
    }

    func lock(_ path: String, shared: Bool) throws(StorageError) -> (any StorageFile)? {
        try files.lock(path, shared: shared).map { LeasedFile($0, path: path, lease) }
    }

    func list(_ path: String) throws(StorageError) -> [String] { try files.list(path) }
    func kind(of path: String) throws(StorageError) -> FileKind? { try files.kind(of: path) }
    func syncDirectory(_ path: String) throws(StorageError) { try files.syncDirectory(path) }
    func isLocked(_ path: String) throws(StorageError) -> Bool { try files.isLocked(path) }
    func watch(_ path: String) -> (any DirectoryWatch)? { files.watch(path) }
    var scheduler: (any StorageScheduler)? { files.scheduler }
    var notes: [String] { files.notes }
    var unfinishedTag: String { "-\(lease.epoch)" }

    private func check(_ operation: String, _ path: String) throws(StorageError) {
        try lease.check(operation, path)
    }
}

/// A file of an owner with a lease.
private final class LeasedFile: StorageFile {
    private let file: any StorageFile
    private let path: String
    private let lease: Lease

    init(_ file: any StorageFile, path: String, _ lease: Lease) {
        self.file = file
        self.path = path
        self.lease = lease
    }

    func write(_ parts: [UnsafeRawBufferPointer], at position: Int) throws(StorageError) {
        try lease.check("write", path)
        try file.write(parts, at: position)
    }

    func write(blocks: [FileBlock]) throws(StorageError) {
        try lease.check("write", path)
        try file.write(blocks: blocks)
    }

    func allocate(byteCount: Int) throws(StorageError) -> Bool {
        try lease.check("reserve space for", path)
        return try file.allocate(byteCount: byteCount)
    }

    func truncate(to byteCount: Int) throws(StorageError) {
        try lease.check("cut", path)
        try file.truncate(to: byteCount)
    }

    func read(into buffer: UnsafeMutableRawBufferPointer, at position: Int) throws(StorageError) -> Int {
        try file.read(into: buffer, at: position)
    }

    func readBlocks(into buffer: UnsafeMutableRawBufferPointer, at position: Int) throws(StorageError) -> Int? {
        try file.readBlocks(into: buffer, at: position)
    }

    var takesBlocks: Bool { file.takesBlocks }
    func mapped(_ range: Range<Int>) throws(StorageError) -> Payload.Storage? { try file.mapped(range) }
    func willRead(_ range: Range<Int>) { file.willRead(range) }
    func sync() throws(StorageError) { try file.sync() }
    func byteCount() throws(StorageError) -> Int { try file.byteCount() }
}

extension Lease {
    /// Refuses what only the holder may do.
    /// - Throws: `StorageError` with reason `leaseLost`.
    func check(_ operation: String, _ path: String) throws(StorageError) {
        guard !isHeld else { return }
        throw StorageError(
            operation: operation, path: path, reason: .leaseLost,
            text: "the lease of \(key) with epoch \(epoch) is not held any more")
    }
}
