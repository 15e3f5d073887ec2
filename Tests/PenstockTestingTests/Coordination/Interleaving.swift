import Foundation
import PenstockEvents
import PenstockLog
import PenstockTesting

/// Lets one of several threads run at a time, from one call of the storage to the next, in an order that the test chooses.
final class Turn: Sendable {
    private let go = Gate()
    private let paused = Gate()
    private let finished = Guarded(false)

    var isFinished: Bool { finished.withLock { $0 } }

    /// Runs `body` on a thread of its own, whenever it has its turn.
    func start(_ body: @escaping @Sendable () -> Void) {
        let thread = Thread {
            self.go.pass()
            body()
            self.finished.withLock { $0 = true }
            self.paused.open()
        }
        thread.stackSize = 1 << 20
        thread.start()
    }

    /// Lets the thread run to its next pause; returns when it is there.
    func give() {
        guard !isFinished else { return }
        go.open()
        paused.pass()
    }

    /// Waits for the next turn; called on the thread.
    func pause() {
        paused.open()
        go.pass()
    }
}

/// Lets one thread through each time it is opened. Of locks of the system, unlike a semaphore of Dispatch, the thread sanitizer knows.
private final class Gate: Sendable {
    private let condition = NSCondition()
    private let isOpen = Guarded(false)

    func open() {
        condition.withLock { isOpen.withLock { $0 = true } }
        condition.signal()
    }

    func pass() {
        condition.withLock {
            while !isOpen.withLock({ $0 }) { condition.wait() }
            isOpen.withLock { $0 = false }
        }
    }
}

/// A storage that waits for its turn before each call.
struct SteppedStorage: Storage {
    let disk: SimulatedStorage
    let turn: Turn

    private func next<Result>(_ body: () throws(StorageError) -> Result) throws(StorageError) -> Result {
        turn.pause()
        return try body()
    }

    func open(_ path: String, _ access: FileAccess) throws(StorageError) -> any StorageFile {
        SteppedFile(try next { () throws(StorageError) in try disk.open(path, access) }, turn)
    }

    func createDirectory(_ path: String) throws(StorageError) {
        try next { () throws(StorageError) in try disk.createDirectory(path) }
    }

    func list(_ path: String) throws(StorageError) -> [String] {
        try next { () throws(StorageError) in try disk.list(path) }
    }

    func kind(of path: String) throws(StorageError) -> FileKind? {
        try next { () throws(StorageError) in try disk.kind(of: path) }
    }

    func rename(_ path: String, to newPath: String) throws(StorageError) {
        try next { () throws(StorageError) in try disk.rename(path, to: newPath) }
    }

    func remove(_ path: String) throws(StorageError) {
        try next { () throws(StorageError) in try disk.remove(path) }
    }

    func syncDirectory(_ path: String) throws(StorageError) {
        try next { () throws(StorageError) in try disk.syncDirectory(path) }
    }

    func lock(_ path: String, shared: Bool) throws(StorageError) -> (any StorageFile)? {
        fatalError("coordination locks nothing")
    }

    func isLocked(_ path: String) throws(StorageError) -> Bool { fatalError("coordination locks nothing") }
}

private final class SteppedFile: StorageFile {
    private let file: any StorageFile
    private let turn: Turn

    init(_ file: any StorageFile, _ turn: Turn) {
        self.file = file
        self.turn = turn
    }

    func read(into buffer: UnsafeMutableRawBufferPointer, at position: Int) throws(StorageError) -> Int {
        turn.pause()
        return try file.read(into: buffer, at: position)
    }

    func write(_ parts: [UnsafeRawBufferPointer], at position: Int) throws(StorageError) {
        turn.pause()
        try file.write(parts, at: position)
    }

    func allocate(byteCount: Int) throws(StorageError) -> Bool { try file.allocate(byteCount: byteCount) }

    func truncate(to byteCount: Int) throws(StorageError) {
        turn.pause()
        try file.truncate(to: byteCount)
    }

    func sync() throws(StorageError) {
        turn.pause()
        try file.sync()
    }

    func byteCount() throws(StorageError) -> Int { try file.byteCount() }
}

/// Time that the test moves, as one machine's clock shows it: with a zero and a rate of its own.
struct MachineClock: MonotonicClock {
    let time: Guarded<Int64>
    let zero: Int64
    let perMille: Int64

    func now() -> MonotonicInstant {
        MonotonicInstant(nanoseconds: zero + time.withLock { $0 } / 1000 * perMille)
    }

    func sleep(until instant: MonotonicInstant) async throws { fatalError("nothing sleeps in this test") }
}
