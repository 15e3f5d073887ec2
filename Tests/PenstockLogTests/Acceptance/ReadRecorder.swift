import PenstockEvents
import PenstockLog

/// The file system for reading, with a record of the bytes of segments that were read. Nothing is mapped, so nothing is read unseen.
final class ReadRecorder: Storage {
    private let files = FileStorage(directWrites: .never)
    private let recorded = Guarded<[Range<Int>]>([])

    /// The ranges of segment files that were read since the last call, in order.
    func take() -> [Range<Int>] {
        recorded.withLock { ranges in
            defer { ranges = [] }
            return ranges
        }
    }

    fileprivate func note(_ range: Range<Int>) { recorded.withLock { $0.append(range) } }

    func open(_ path: String, _ access: FileAccess) throws(StorageError) -> any StorageFile {
        let file = try files.open(path, access)
        return path.hasSuffix(".segment") ? RecordedFile(file, recorder: self) : file
    }

    func createDirectory(_ path: String) throws(StorageError) { try files.createDirectory(path) }

    func list(_ path: String) throws(StorageError) -> [String] { try files.list(path) }

    func kind(of path: String) throws(StorageError) -> FileKind? { try files.kind(of: path) }

    func rename(_ path: String, to newPath: String) throws(StorageError) { try files.rename(path, to: newPath) }

    func remove(_ path: String) throws(StorageError) { try files.remove(path) }

    func syncDirectory(_ path: String) throws(StorageError) { try files.syncDirectory(path) }

    func lock(_ path: String, shared: Bool) throws(StorageError) -> (any StorageFile)? {
        try files.lock(path, shared: shared)
    }

    func isLocked(_ path: String) throws(StorageError) -> Bool { try files.isLocked(path) }
}

private final class RecordedFile: StorageFile {
    private let file: any StorageFile
    private let recorder: ReadRecorder

    init(_ file: any StorageFile, recorder: ReadRecorder) {
        self.file = file
        self.recorder = recorder
    }

    func read(into buffer: UnsafeMutableRawBufferPointer, at position: Int) throws(StorageError) -> Int {
        let count = try file.read(into: buffer, at: position)
        recorder.note(position..<position + count)
        return count
    }

    func write(_ parts: [UnsafeRawBufferPointer], at position: Int) throws(StorageError) {
        try file.write(parts, at: position)
    }

    func allocate(byteCount: Int) throws(StorageError) -> Bool { try file.allocate(byteCount: byteCount) }

    func truncate(to byteCount: Int) throws(StorageError) { try file.truncate(to: byteCount) }

    func sync() throws(StorageError) { try file.sync() }

    func byteCount() throws(StorageError) -> Int { try file.byteCount() }
}
