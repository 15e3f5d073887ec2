import PenstockEvents
import PenstockLog

/// The file system, with a record of every call that changes something, and faults on request.
final class RecordingStorage: Storage {
    private struct State {
        var calls: [String] = []
        var failures: [String: StorageError.Reason] = [:]
        var onSync: (@Sendable () -> Void)?
        var onCall: (@Sendable (String) -> Void)?
    }

    private let files: FileStorage
    private let state = Guarded(State())

    /// - Parameter directWrites: whether large writes go past the page cache; they are recorded as `write blocks`.
    init(directWrites: FileStorage.DirectWrites = .never) { files = FileStorage(directWrites: directWrites) }

    /// The calls so far, as `write name`, `sync name`.
    var calls: [String] { state.withLock { $0.calls } }

    /// Makes an operation fail until it is given nil.
    func fail(_ operation: String, with reason: StorageError.Reason?) {
        state.withLock { $0.failures[operation] = reason }
    }

    /// Called before every sync.
    func onSync(_ body: (@Sendable () -> Void)?) { state.withLock { $0.onSync = body } }

    /// Called before every call that changes something, with its record.
    func onCall(_ body: (@Sendable (String) -> Void)?) { state.withLock { $0.onCall = body } }

    /// Adds something to the record of calls.
    func note(_ call: String) { state.withLock { $0.calls.append(call) } }

    fileprivate func record(_ operation: String, _ path: String) throws(StorageError) {
        let kind = Self.kind(path)
        if operation == "sync" { state.withLock { $0.onSync }?() }
        state.withLock { $0.onCall }?("\(operation) \(kind)")
        note("\(operation) \(kind)")
        try failIfTold(operation, path)
    }

    fileprivate func failIfTold(_ operation: String, _ path: String) throws(StorageError) {
        guard let failure = state.withLock({ $0.failures["\(operation) \(Self.kind(path))"] }) else { return }
        throw StorageError(operation: operation, path: path, reason: failure, text: "injected")
    }

    private static func kind(_ path: String) -> String {
        let name = path.split(separator: "/").last.map(String.init) ?? path
        return name.contains(".segment") ? "segment" : name
    }

    func open(_ path: String, _ access: FileAccess) throws(StorageError) -> any StorageFile {
        if access != .read { try record("open", path) }
        return RecordingFile(try files.open(path, access), path: path, storage: self)
    }

    func createDirectory(_ path: String) throws(StorageError) {
        try record("create", path)
        try files.createDirectory(path)
    }

    func list(_ path: String) throws(StorageError) -> [String] { try files.list(path) }

    func kind(of path: String) throws(StorageError) -> FileKind? { try files.kind(of: path) }

    func rename(_ path: String, to newPath: String) throws(StorageError) {
        try record("rename", newPath)
        try files.rename(path, to: newPath)
    }

    func remove(_ path: String) throws(StorageError) {
        try record("remove", path)
        try files.remove(path)
    }

    func syncDirectory(_ path: String) throws(StorageError) { try files.syncDirectory(path) }

    func lock(_ path: String, shared: Bool) throws(StorageError) -> (any StorageFile)? {
        try record("lock", path)
        return try files.lock(path, shared: shared)
    }

    func isLocked(_ path: String) throws(StorageError) -> Bool { try files.isLocked(path) }
}

private final class RecordingFile: StorageFile {
    private let file: any StorageFile
    private let path: String
    private let storage: RecordingStorage

    init(_ file: any StorageFile, path: String, storage: RecordingStorage) {
        self.file = file
        self.path = path
        self.storage = storage
    }

    func read(into buffer: UnsafeMutableRawBufferPointer, at position: Int) throws(StorageError) -> Int {
        try storage.failIfTold("read", path)
        return try file.read(into: buffer, at: position)
    }

    func write(_ parts: [UnsafeRawBufferPointer], at position: Int) throws(StorageError) {
        try storage.record("write", path)
        try file.write(parts, at: position)
    }

    func readBlocks(into buffer: UnsafeMutableRawBufferPointer, at position: Int) throws(StorageError) -> Int? {
        let count = try file.readBlocks(into: buffer, at: position)
        if count != nil { storage.note("read blocks") }
        return count
    }

    var takesBlocks: Bool { file.takesBlocks }

    func write(blocks: [FileBlock]) throws(StorageError) {
        try storage.record("write blocks", path)
        try file.write(blocks: blocks)
    }

    func allocate(byteCount: Int) throws(StorageError) -> Bool { try file.allocate(byteCount: byteCount) }

    func truncate(to byteCount: Int) throws(StorageError) {
        try storage.record("truncate", path)
        try file.truncate(to: byteCount)
    }

    func sync() throws(StorageError) {
        try storage.record("sync", path)
        try file.sync()
    }

    func byteCount() throws(StorageError) -> Int { try file.byteCount() }
}
