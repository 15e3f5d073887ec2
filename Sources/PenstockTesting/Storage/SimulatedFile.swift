internal import PenstockEvents
internal import PenstockLog
internal import Synchronization

/// An open file of a simulated storage.
final class SimulatedFile: StorageFile {
    private let path: String
    private let file: Int
    private let handle: Int
    private let isWritable: Bool
    private let storage: SimulatedStorage

    init(path: String, file: Int, handle: Int, isWritable: Bool, storage: SimulatedStorage) {
        self.path = path
        self.file = file
        self.handle = handle
        self.isWritable = isWritable
        self.storage = storage
    }

    deinit {
        storage.shared.disk.withLock { $0.closeHandle(handle, on: file, of: storage.process) }
    }

    var takesBlocks: Bool { storage.shared.takesBlocks }

    func read(into buffer: UnsafeMutableRawBufferPointer, at position: Int) throws(StorageError) -> Int {
        // The pointer is used before this call returns; the number of its address takes it past the checker of regions.
        let address = UInt(bitPattern: buffer.baseAddress)
        return try change(.read) { disk, content, _ throws(StorageError) in
            let count = max(0, min(buffer.count, content.visible.count - position))
            guard count > 0, let base = UnsafeMutableRawPointer(bitPattern: address) else { return 0 }
            content.visible.withUnsafeBytes { base.copyMemory(from: $0.baseAddress! + position, byteCount: count) }
            if disk.random.happens(disk.faults.readFlips) {
                let bit = disk.random.below(count * 8)
                base.assumingMemoryBound(to: UInt8.self)[bit / 8] ^= 1 << UInt8(bit % 8)
            }
            return count
        }
    }

    func write(_ parts: [UnsafeRawBufferPointer], at position: Int) throws(StorageError) {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(parts.reduce(0) { $0 + $1.count })
        for part in parts { bytes.append(contentsOf: part) }
        try write(bytes, at: position)
    }

    func write(blocks: [FileBlock]) throws(StorageError) {
        // Blocks arrive in any order, so that where one fails any others may be there.
        var order = Array(blocks.indices)
        storage.shared.disk.withLock { order.shuffle(using: &$0.random) }
        for index in order { try write([UInt8](blocks[index].bytes), at: blocks[index].position) }
    }

    private func write(_ bytes: [UInt8], at position: Int) throws(StorageError) {
        let path = path
        precondition(isWritable, "\(path) was opened for reading")
        try change(.write) { disk, content, isPartial throws(StorageError) in
            disk.note(position)
            disk.note(bytes.count)
            var count = isPartial ? disk.random.below(bytes.count + 1) : bytes.count
            let free = disk.free
            let fits = free.map { max(0, $0 - position) } ?? count
            let isFull = fits < count
            count = min(count, fits)
            bytes.withUnsafeBytes { content.write(UnsafeRawBufferPointer(rebasing: $0[..<count]), at: position) }
            if isFull { throw SimulatedDisk.full(.write, path) }
        }
    }

    func allocate(byteCount: Int) throws(StorageError) -> Bool {
        let path = path
        return try change(.reserve) { disk, content, _ throws(StorageError) in
            if let free = disk.free, byteCount > free { throw SimulatedDisk.full(.reserve, path) }
            content.reserve(byteCount)
            return true
        }
    }

    func truncate(to byteCount: Int) throws(StorageError) {
        try change(.truncate) { disk, content, _ throws(StorageError) in
            disk.note(byteCount)
            content.truncate(to: byteCount)
        }
    }

    func sync() throws(StorageError) {
        try change(.sync) { disk, content, isPartial throws(StorageError) in
            guard isPartial else { return content.sync() }
            disk.failedSyncs += 1
            content.loseUnsynced(&disk.random, stale: disk.stale)
        }
    }

    func byteCount() throws(StorageError) -> Int {
        try change(.measure) { _, content, _ throws(StorageError) in content.visible.count }
    }

    // The content is taken out of the disk while it changes, so that it is never copied; what is free then counts for it.
    private func change<Result>(
        _ operation: SimulatedDisk.Operation,
        _ body: (inout SimulatedDisk, inout SimulatedContent, Bool) throws(StorageError) -> Result
    ) throws(StorageError) -> Result {
        let file = file
        return try storage.call(operation, path) { disk, isPartial throws(StorageError) in
            guard var content = disk.files.removeValue(forKey: file) else {
                preconditionFailure("an open file is on its disk")
            }
            defer { disk.files[file] = content }
            return try body(&disk, &content, isPartial)
        }
    }
}
