internal import PenstockEvents
internal import PenstockLog
internal import Synchronization

/// A disk that simulated processes share: names, files, locks, and what is about to go wrong.
struct SimulatedDisk {
    /// Kinds of calls. Those that change something count for a crash at a call.
    enum Operation: String {
        case open, create, read, write, sync, truncate, reserve, measure
        case list, look, rename, remove, lock
        case createDirectory = "create the directory"
        case syncDirectory = "sync the directory"
        case isLocked = "ask for the lock of"

        var changes: Bool {
            switch self {
            case .open, .read, .measure, .list, .look, .isLocked: false
            default: true
            }
        }

        /// Whether a call that fails does so after a part of its work.
        var isDivisible: Bool { self == .write || self == .sync }
        /// Whether a call in the middle of which its process dies did a part of its work; others did all of it or nothing.
        var isDivisibleByCrash: Bool { self == .write }
    }

    /// Who holds a lock: a process, by one of its open files.
    struct Holder: Equatable {
        let process: Int
        let handle: Int
        let isShared: Bool
    }

    /// A crash that waits for a number of changing calls.
    struct PlannedCrash {
        var callsLeft: Int
        let kind: Crash
    }

    /// Something that is done before a changing call.
    struct Interruption {
        var callsLeft: Int
        let prefix: String
        let body: @Sendable () -> Void
    }

    var random: SeededRandom
    var names = SimulatedNames()
    var files: [Int: SimulatedContent] = [:]
    var locks: [Int: [Holder]] = [:]
    var faults = FaultPlan()
    var capacity: Int?
    var planned: [Int: PlannedCrash] = [:]
    var interruptions: [Int: Interruption] = [:]
    /// Calls of the disk's life, and a number that stands for all of them in their order.
    var calls = 0
    var trace: UInt64 = 0
    var failedSyncs = 0

    /// How each process that is dead ended.
    private(set) var dead: [Int: Crash] = [:]
    private var hasUnlinked = false
    private var startedProcesses = 0
    private var openedFiles = 0
    /// The largest of the last removed files: what a new file may show where its own bytes were lost.
    private(set) var stale: [UInt8] = []

    init(seed: UInt64, capacity: Int?) {
        random = SeededRandom(seed: seed)
        self.capacity = capacity
    }

    mutating func startProcess() -> Int {
        startedProcesses += 1
        return startedProcesses
    }

    func isDead(_ process: Int) -> Bool { dead[process] != nil }

    mutating func newHandle(on file: Int) -> Int {
        files[file]!.handles += 1
        openedFiles += 1
        return openedFiles
    }

    /// An open file goes, and its lock.
    mutating func closeHandle(_ handle: Int, on file: Int, of process: Int) {
        guard !isDead(process) else { return }
        if let holders = locks[file]?.filter({ $0.process != process || $0.handle != handle }) {
            locks[file] = holders.isEmpty ? nil : holders
        }
        guard var content = files[file] else { return }
        content.handles -= 1
        files[file] = content
    }

    /// A name of a file goes; its bytes may show up again.
    mutating func unlink(_ file: Int) {
        guard var content = files[file] else { return }
        if content.visible.count > 4096 { stale = content.visible }
        content.isLinked = false
        files[file] = content
        hasUnlinked = true
    }

    /// Bytes that may still be taken from the device; nil without a limit.
    var free: Int? {
        capacity.map { capacity in max(0, capacity - files.values.reduce(0) { $0 + ($1.isLinked ? $1.allocated : 0) }) }
    }

    /// Makes the names of a directory safe; removed files that cannot come back go for good.
    mutating func syncNames(of directory: Int) {
        names.sync(directory)
        guard hasUnlinked else { return }
        let reachable = names.reachable()
        files = files.filter { $0.value.isLinked || $0.value.handles > 0 || reachable.contains($0.key) }
        hasUnlinked = files.values.contains { !$0.isLinked }
    }

    mutating func crash(_ kind: Crash, process: Int) {
        guard kind == .power else {
            if dead[process] == nil { dead[process] = kind }
            planned[process] = nil
            interruptions[process] = nil
            locks = locks.mapValues { $0.filter { $0.process != process } }.filter { !$0.value.isEmpty }
            return
        }
        for process in 1...max(1, startedProcesses) { dead[process] = kind }
        planned = [:]
        interruptions = [:]
        locks = [:]
        names.losePower(&random)
        let named = names.reachable()
        for file in files.keys.sorted() {
            guard named.contains(file) else {
                files[file] = nil
                continue
            }
            files[file]!.losePower(&random, stale: stale)
            files[file]!.isLinked = true
        }
    }

    /// Counts a call of a process; returns the kind of crash where it is its last one.
    mutating func countCall(_ operation: Operation, _ path: String, of process: Int) throws(StorageError) -> Crash? {
        guard !isDead(process) else { throw Self.died(operation, path) }
        note(operation.rawValue)
        note(path)
        guard operation.changes, var plan = planned[process] else { return nil }
        plan.callsLeft -= 1
        planned[process] = plan
        return plan.callsLeft <= 0 ? plan.kind : nil
    }

    /// What is to be done before a call of a process, if anything.
    mutating func interruption(_ operation: Operation, _ path: String, of process: Int) -> (@Sendable () -> Void)? {
        guard operation.changes, var next = interruptions[process], path.hasPrefix(next.prefix) else { return nil }
        next.callsLeft -= 1
        interruptions[process] = next.callsLeft > 0 ? next : nil
        return next.callsLeft > 0 ? nil : next.body
    }

    /// The failure that the faults give to a call, if any.
    mutating func fault(_ operation: Operation, _ path: String) -> StorageError? {
        let other: Double
        switch operation {
        case .read: other = faults.readErrors
        case .write, .truncate: other = faults.writeErrors
        case .sync: other = faults.syncErrors
        case .reserve: other = 0
        case .open, .create, .list, .rename, .remove, .createDirectory, .syncDirectory, .lock: other = faults.nameErrors
        case .look, .measure, .isLocked: other = 0
        }
        if random.happens(other) {
            return StorageError(
                operation: operation.rawValue, path: path, reason: .other, text: "simulated input/output error")
        }
        if operation == .write || operation == .reserve, random.happens(faults.noSpace) {
            return Self.full(operation, path)
        }
        return nil
    }

    /// Adds to what stands for the calls so far.
    mutating func note(_ text: String) {
        calls += 1
        var text = text
        trace = SplitMix64.mix(trace ^ UInt64(text.withUTF8 { CRC32C.checksum(UnsafeRawBufferPointer($0)) }))
    }

    mutating func note(_ number: Int) { trace = SplitMix64.mix(trace ^ UInt64(truncatingIfNeeded: number)) }

    static func full(_ operation: Operation, _ path: String) -> StorageError {
        StorageError(
            operation: operation.rawValue, path: path, reason: .noSpace, text: "simulated: no space left on device")
    }

    static func died(_ operation: Operation, _ path: String) -> StorageError {
        StorageError(operation: operation.rawValue, path: path, reason: .other, text: "the simulated process is dead")
    }

    static func missing(_ operation: Operation, _ path: String) -> StorageError {
        StorageError(operation: operation.rawValue, path: path, reason: .notFound, text: "simulated: no such file")
    }

    static func exists(_ operation: Operation, _ path: String) -> StorageError {
        StorageError(operation: operation.rawValue, path: path, reason: .alreadyExists, text: "simulated: file exists")
    }
}
