import PenstockEvents

@testable import PenstockEngine

/// Spill files in memory that can fail as those on a disk do.
final class MemorySpillFolder: SpillFolder {
    /// What goes wrong.
    struct Faults {
        /// The most bytes of all files.
        var capacity = Int.max
        /// Whether reading gives a byte less than there is.
        var readsShort = false
        /// Whether a bit of what is read is another than was written.
        var flipsBit = false
        /// Whether what is read was written elsewhere: so many bytes further.
        var readsElsewhere: UInt64 = 0
        var refusesFiles = false
    }

    private struct State {
        var faults: Faults
        var byteCount = 0
        var written = 0
        var files = 0
        var reads: [UInt64] = []
    }

    private let state: Guarded<State>

    init(_ faults: Faults = Faults()) { state = Guarded(State(faults: faults)) }

    var path: String { "/spill" }
    /// How many bytes were written to all files.
    var written: Int { state.withLock { $0.written } }
    /// How many files are there.
    var files: Int { state.withLock { $0.files } }
    /// The offsets from which was read, in order.
    var reads: [UInt64] { state.withLock { $0.reads } }

    func setFaults(_ faults: Faults) { state.withLock { $0.faults = faults } }

    func makeFile() throws(SpillFault) -> any SpillFile {
        let isRefused = state.withLock { state in
            state.files += 1
            return state.faults.refusesFiles
        }
        if isRefused { throw SpillFault(action: .create, reason: "Permission denied") }
        return File(self)
    }

    private final class File: SpillFile {
        private let folder: MemorySpillFolder
        private var bytes: [UInt8] = []

        init(_ folder: MemorySpillFolder) { self.folder = folder }

        deinit {
            let count = bytes.count
            folder.state.withLock { state in
                state.byteCount -= count
                state.files -= 1
            }
        }

        func write(_ new: UnsafeRawBufferPointer, at offset: UInt64) throws(SpillFault) {
            let fits = folder.state.withLock { state in
                state.byteCount += new.count
                state.written += new.count
                return state.byteCount <= state.faults.capacity
            }
            if !fits { throw SpillFault(action: .write, reason: "No space left on device", isFull: true) }
            precondition(Int(offset) == bytes.count, "a spill file is only ever appended to")
            bytes.append(contentsOf: new)
        }

        func read(into memory: UnsafeMutableRawBufferPointer, at offset: UInt64) throws(SpillFault) -> Int {
            let faults = folder.state.withLock { state in
                state.reads.append(offset)
                return state.faults
            }
            let start = min(Int(offset + faults.readsElsewhere), bytes.count)
            let found = bytes[start...].prefix(memory.count)
            memory.copyBytes(from: found)
            if faults.flipsBit, found.count > 5 { memory[found.count / 2] ^= 16 }
            return found.count - (faults.readsShort ? 1 : 0)
        }
    }
}
