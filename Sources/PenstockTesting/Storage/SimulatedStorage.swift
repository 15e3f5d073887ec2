internal import PenstockEvents
public import PenstockLog

/// A file system in memory that loses, tears and refuses what a real one may, as its seed says.
///
/// An object is one process on a disk; `incarnation()` makes another one on the same disk, which takes the place of a process that
/// died, or runs beside it. Names and bytes are as a careful reading of POSIX promises and no better: a file is safe from a power
/// loss when it was synced *and* the directory that names it.
///
/// The same seed and the same calls in the same order give the same faults.
public final class SimulatedStorage: Storage {
    /// What processes share.
    final class Shared: Sendable {
        let disk: Guarded<SimulatedDisk>
        let held = Guarded<[HeldCalls]>([])
        let takesBlocks: Bool
        let scheduler: (any StorageScheduler)?

        init(_ disk: SimulatedDisk, takesBlocks: Bool, scheduler: (any StorageScheduler)?) {
            self.disk = Guarded(disk)
            self.takesBlocks = takesBlocks
            self.scheduler = scheduler
        }
    }

    let shared: Shared
    let process: Int

    /// An empty disk, and the first process on it.
    ///
    /// - Parameters:
    ///   - seed: decides every fault, and whether files take blocks past the page cache.
    ///   - capacityBytes: the size of the disk; nil for no limit.
    ///   - scheduler: runs the threads of a log on this storage, so that a run repeats itself; nil for threads of the system.
    public convenience init(
        seed: UInt64, capacityBytes: Int? = nil, scheduler: (any StorageScheduler)? = nil
    ) {
        var disk = SimulatedDisk(seed: seed, capacity: capacityBytes)
        let takesBlocks = disk.random.coin()
        let process = disk.startProcess()
        self.init(Shared(disk, takesBlocks: takesBlocks, scheduler: scheduler), process: process)
    }

    private init(_ shared: Shared, process: Int) {
        self.shared = shared
        self.process = process
    }

    /// Another process on the same disk.
    public func incarnation() -> SimulatedStorage {
        SimulatedStorage(shared, process: shared.disk.withLock { $0.startProcess() })
    }

    /// Runs the threads of a log on this storage.
    public var scheduler: (any StorageScheduler)? { shared.scheduler }

    /// Opens a file.
    public func open(_ path: String, _ access: FileAccess) throws(StorageError) -> any StorageFile {
        let creates = access == .createNew || access == .updateOrCreate
        let (file, handle) = try call(creates ? .create : .open, path) { disk, _ throws(StorageError) in
            let file = try disk.file(at: path, access)
            return (file, disk.newHandle(on: file))
        }
        return SimulatedFile(path: path, file: file, handle: handle, isWritable: access != .read, storage: self)
    }

    /// Creates a directory, not its parents.
    public func createDirectory(_ path: String) throws(StorageError) {
        try call(.createDirectory, path) { disk, _ throws(StorageError) in
            guard disk.names.node(at: path) == nil else { throw SimulatedDisk.exists(.createDirectory, path) }
            guard disk.names.hasParent(path) else { throw SimulatedDisk.missing(.createDirectory, path) }
            _ = disk.names.create(path, isDirectory: true)
        }
    }

    /// The names in a directory, sorted by their bytes.
    public func list(_ path: String) throws(StorageError) -> [String] {
        try call(.list, path) { disk, _ throws(StorageError) in
            guard let node = disk.names.node(at: path) else { throw SimulatedDisk.missing(.list, path) }
            guard disk.names.isDirectory(node) else {
                throw StorageError(operation: "list", path: path, reason: .notADirectory, text: "not a directory")
            }
            return disk.names.list(node)
        }
    }

    /// What is at a path, or nil for nothing.
    public func kind(of path: String) throws(StorageError) -> FileKind? {
        try call(.look, path) { disk, _ throws(StorageError) in
            disk.names.node(at: path).map { disk.names.isDirectory($0) ? .directory : .file }
        }
    }

    /// Gives a file or a directory another name; a file at the new name is replaced in one step.
    public func rename(_ path: String, to newPath: String) throws(StorageError) {
        try call(.rename, path) { disk, _ throws(StorageError) in
            guard let node = disk.names.node(at: path), disk.names.hasParent(newPath) else {
                throw SimulatedDisk.missing(.rename, path)
            }
            if let replaced = disk.names.node(at: newPath) {
                if replaced == node { return }
                guard disk.names.list(replaced).isEmpty else {
                    throw StorageError(operation: "rename", path: newPath, reason: .notEmpty, text: "not empty")
                }
                disk.unlink(replaced)
            }
            disk.names.rename(path, to: newPath)
        }
    }

    /// Removes a file, or a directory that is empty.
    public func remove(_ path: String) throws(StorageError) {
        try call(.remove, path) { disk, _ throws(StorageError) in
            guard let node = disk.names.node(at: path) else { throw SimulatedDisk.missing(.remove, path) }
            guard disk.names.list(node).isEmpty else {
                throw StorageError(operation: "remove", path: path, reason: .notEmpty, text: "not empty")
            }
            disk.names.remove(path)
            disk.unlink(node)
        }
    }

    /// Makes what was created, renamed and removed in a directory survive a power loss.
    public func syncDirectory(_ path: String) throws(StorageError) {
        try call(.syncDirectory, path) { disk, _ throws(StorageError) in
            guard let node = disk.names.node(at: path) else { throw SimulatedDisk.missing(.syncDirectory, path) }
            disk.syncNames(of: node)
        }
    }

    /// Opens or creates a file and locks it until the returned object goes, or nil where somebody else holds the lock.
    public func lock(_ path: String, shared: Bool) throws(StorageError) -> (any StorageFile)? {
        let process = process
        let taken: (file: Int, handle: Int)? = try call(.lock, path) { disk, _ throws(StorageError) in
            let file = try disk.file(at: path, .updateOrCreate)
            let holders = disk.locks[file] ?? []
            guard holders.allSatisfy({ shared && $0.isShared }) else { return nil }
            let handle = disk.newHandle(on: file)
            disk.locks[file] = holders + [.init(process: process, handle: handle, isShared: shared)]
            return (file, handle)
        }
        return taken.map {
            SimulatedFile(path: path, file: $0.file, handle: $0.handle, isWritable: true, storage: self)
        }
    }

    /// Whether somebody holds the lock. Needs no write access.
    public func isLocked(_ path: String) throws(StorageError) -> Bool {
        try call(.isLocked, path) { disk, _ throws(StorageError) in
            disk.names.node(at: path).map { disk.locks[$0] != nil } ?? false
        }
    }

    /// Does what every call does: waits while it is held, fails where the process is dead or a fault says so, and dies where the crash
    /// was planned. `body` is told whether it is to do a part of its work only.
    func call<Result>(
        _ operation: SimulatedDisk.Operation, _ path: String,
        _ body: (inout SimulatedDisk, _ isPartial: Bool) throws(StorageError) -> Result
    ) throws(StorageError) -> Result {
        waitWhileHeld(operation, path)
        shared.disk.withLock { $0.interruption(operation, path, of: process) }?()
        return try shared.disk.withLock { disk throws(StorageError) in
            if let crash = try disk.countCall(operation, path, of: process) {
                if operation.isDivisibleByCrash || disk.random.coin() {
                    _ = try? body(&disk, operation.isDivisibleByCrash)
                }
                disk.crash(crash, process: process)
                throw SimulatedDisk.died(operation, path)
            }
            if let fault = disk.fault(operation, path) {
                if operation.isDivisible { _ = try? body(&disk, true) }
                throw fault
            }
            return try body(&disk, false)
        }
    }

    private func waitWhileHeld(_ operation: SimulatedDisk.Operation, _ path: String) {
        let held = shared.held.withLock { $0.first { $0.concerns(operation.rawValue, path) } }
        held?.wait()
    }
}

extension SimulatedDisk {
    /// The file at `path`, opened as `access` says.
    fileprivate mutating func file(at path: String, _ access: FileAccess) throws(StorageError) -> Int {
        if let node = names.node(at: path) {
            guard access != .createNew else { throw Self.exists(.open, path) }
            guard !names.isDirectory(node) else {
                throw StorageError(operation: "open", path: path, reason: .other, text: "it is a directory")
            }
            return node
        }
        guard access == .createNew || access == .updateOrCreate, names.hasParent(path) else {
            throw Self.missing(.open, path)
        }
        let node = names.create(path, isDirectory: false)
        files[node] = SimulatedContent()
        return node
    }
}
