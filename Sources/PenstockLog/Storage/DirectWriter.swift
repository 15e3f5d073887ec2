internal import PenstockEvents

#if canImport(Glibc)
    internal import Glibc
#elseif canImport(Musl)
    internal import Musl
#endif

/// Writes past the page cache, for all files of a storage: a few rings, and what refused to work with them.
final class DirectWriter: Sendable {
    /// Rings that may be open; more threads that write at the same time take turns.
    static let ringLimit = 8
    private static let noteLimit = 16

    private final class Slot: Sendable {
        let ring = Guarded<Ring?>(nil)
    }

    private struct State {
        var ringsRefused = false
        /// File systems that take no direct writes, by their numbers.
        var devices: Set<UInt64> = []
        var notes: [String] = []
    }

    private let slots = (0..<ringLimit).map { _ in Slot() }
    private let state = Guarded(State())

    /// What does not work here and is done in another way; each thing once.
    var notes: [String] { state.withLock { $0.notes } }

    /// Opens a file a second time, for direct writes; nil where they do not work.
    func open(_ path: String, of file: borrowing FileDescriptor) -> FileDescriptor? {
        guard hasRings(), let device = Self.device(of: file), !state.withLock({ $0.devices.contains(device) }) else {
            return nil
        }
        do {
            return try FileDescriptor(path: path, flags: O_RDWR | Self.directFlag)
        } catch {
            if error.reason == .other { refuse(device, path, error.text) }
            return nil
        }
    }

    /// Opens a file a second time, for direct reads; nil where they do not work.
    func openForReading(_ path: String, of file: borrowing FileDescriptor) -> FileDescriptor? {
        guard let device = Self.device(of: file), !state.withLock({ $0.devices.contains(device) }) else { return nil }
        return try? FileDescriptor(path: path, flags: O_RDONLY | Self.directFlag)
    }

    /// Writes all blocks; false where the file system does not take them after all.
    func write(
        _ blocks: [FileBlock], path: String, to file: borrowing FileDescriptor
    ) throws(StorageError) -> Bool {
        let descriptor = file.number
        do {
            try withRing { ring throws(SystemCode) in try ring.write(blocks, to: descriptor) }
            return true
        } catch {
            guard error.number == EINVAL, let device = Self.device(of: file) else {
                throw StorageError(operation: "write", path: path, code: error.number)
            }
            refuse(device, path, error.text)
            return false
        }
    }

    private func hasRings() -> Bool {
        if state.withLock({ $0.ringsRefused }) { return false }
        do {
            try withRing { _ in }
            return true
        } catch {
            // Descriptors and memory may be there again for the next file; what policy forbids stays forbidden.
            guard ![EMFILE, ENFILE, ENOMEM, EAGAIN].contains(error.number) else { return false }
            let note = "io_uring is refused (\(error.text)): writes go through the page cache"
            state.withLock { state in
                if !state.ringsRefused { state.notes.append(note) }
                state.ringsRefused = true
            }
            return false
        }
    }

    private func refuse(_ device: UInt64, _ path: String, _ text: String) {
        let note = "the file system of \(path) takes no direct writes (\(text)): they go through the page cache"
        state.withLock { state in
            if state.devices.insert(device).inserted, state.notes.count < Self.noteLimit { state.notes.append(note) }
        }
    }

    /// Uses the first ring that nobody uses, or waits for one where there cannot be more.
    private func withRing(_ body: (borrowing Ring) throws(SystemCode) -> Void) throws(SystemCode) {
        for slot in slots {
            let isDone = try slot.ring.withLockIfAvailable { ring throws(SystemCode) in
                if ring == nil { ring = try? Ring() }
                guard ring != nil else { return false }
                try body(ring!)
                return true
            }
            if isDone == true { return }
            if isDone == false { break }
        }
        try slots[0].ring.withLock { ring throws(SystemCode) in
            if ring == nil { ring = try Ring() }
            try body(ring!)
        }
    }

    private static func device(of file: borrowing FileDescriptor) -> UInt64? {
        var status = stat()
        return fstat(file.number, &status) == 0 ? UInt64(status.st_dev) : nil
    }

    // The value of the kernel's interface; the C header shows it only under _GNU_SOURCE, and it differs between processors.
    #if arch(arm64)
        private static let directFlag: CInt = 0o200000
    #else
        private static let directFlag: CInt = 0o40000
    #endif
}
