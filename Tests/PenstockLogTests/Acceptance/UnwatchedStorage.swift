import Dispatch
import PenstockEvents
import PenstockLog

/// The file system without anything that tells of changes, and, on request, with the log's threads run by another.
struct UnwatchedStorage: Storage {
    private let files = FileStorage(directWrites: .never)
    var scheduler: (any StorageScheduler)?
    /// Where there is a watch, it never tells of anything.
    var isWatched = false

    func watch(_ path: String) -> (any DirectoryWatch)? { isWatched ? SilentWatch() : nil }

    func open(_ path: String, _ access: FileAccess) throws(StorageError) -> any StorageFile {
        try files.open(path, access)
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

private final class SilentWatch: DirectoryWatch {
    var changes: UInt64 { 0 }

    func wait(beyond seen: UInt64, atMost duration: Duration) async { try? await Task.sleep(for: duration) }
}

/// Runs the log's threads as the log does, and keeps their names.
final class NamingScheduler: StorageScheduler {
    private let queues = Guarded<[String: DispatchQueue]>([:])

    /// The threads that had something to do.
    var names: [String] { queues.withLock { $0.keys.sorted() } }

    func schedule(on name: String, _ work: @escaping @Sendable () -> Void) {
        let queue = queues.withLock { queues in
            let queue = queues[name] ?? DispatchQueue(label: name)
            queues[name] = queue
            return queue
        }
        queue.async(execute: work)
    }
}
