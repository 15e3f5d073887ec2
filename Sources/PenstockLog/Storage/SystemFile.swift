internal import CPenstockShim
internal import PenstockEvents

#if canImport(Glibc)
    internal import Glibc
#elseif canImport(Musl)
    internal import Musl
#endif

/// An open file of the file system.
final class SystemFile: StorageFile {
    private let path: String
    private let descriptor: FileDescriptor
    private let map = FileMap()
    private let direct: DirectWriter?
    /// Whether the descriptor has the lock of the file.
    private let isLocked: Bool
    /// The same file, opened a second time for writes past the page cache.
    private let directFile = Guarded(DirectFile())

    /// And a third time, for reads past it: a writer may have the other for long.
    private let directReading = Guarded(DirectFile())

    private struct DirectFile: ~Copyable {
        var wasAskedFor = false
        /// Nil before that, and where it is refused.
        var descriptor: FileDescriptor?

        var number: CInt? {
            switch descriptor {
            case .some(let descriptor): descriptor.number
            case .none: nil
            }
        }
    }

    // POSIX lets a call take 16 parts at least; Linux takes 1024.
    private static let partsPerCall = 1024

    init(path: String, descriptor: consuming FileDescriptor, direct: DirectWriter?, isLocked: Bool = false) {
        self.path = path
        self.descriptor = descriptor
        self.direct = direct
        self.isLocked = isLocked
    }

    deinit { if isLocked { descriptor.unlock() } }

    func read(into buffer: UnsafeMutableRawBufferPointer, at position: Int) throws(StorageError) -> Int {
        var done = 0
        while done < buffer.count {
            let rest = UnsafeMutableRawBufferPointer(rebasing: buffer[done...])
            let count = try StorageError.check("read", path) {
                pread(descriptor.number, rest.baseAddress, rest.count, off_t(position + done))
            }
            if count == 0 { break }
            done += count
        }
        return done
    }

    func readBlocks(into buffer: UnsafeMutableRawBufferPointer, at position: Int) throws(StorageError) -> Int? {
        guard let number = descriptorForDirectReading else { return nil }
        var done = 0
        while done < buffer.count {
            let rest = UnsafeMutableRawBufferPointer(rebasing: buffer[done...])
            let count: Int
            do {
                count = try StorageError.check("read", path) {
                    pread(number, rest.baseAddress, rest.count, off_t(position + done))
                }
            } catch {
                // A file system that does not do it after all.
                if error.reason == .other { return nil }
                throw error
            }
            done += count
            // In the middle of a block or before one: the file's end.
            if count == 0 || count % FileBlock.alignment != 0 { break }
        }
        return done
    }

    private var descriptorForDirectReading: CInt? {
        guard let direct else { return nil }
        return directReading.withLock { file in
            if !file.wasAskedFor {
                file.wasAskedFor = true
                file.descriptor = direct.openForReading(path, of: descriptor)
            }
            return file.number
        }
    }

    func mapped(_ range: Range<Int>) throws(StorageError) -> Payload.Storage? {
        map.resident(range, of: descriptor, fileBytes: try byteCount())
    }

    func willRead(_ range: Range<Int>) {
        _ = posix_fadvise(descriptor.number, off_t(range.lowerBound), off_t(range.count), POSIX_FADV_WILLNEED)
    }

    func write(_ parts: [UnsafeRawBufferPointer], at position: Int) throws(StorageError) {
        var vectors = parts.filter { !$0.isEmpty }
            .map { iovec(iov_base: UnsafeMutableRawPointer(mutating: $0.baseAddress), iov_len: $0.count) }
        var first = 0
        var at = position
        while first < vectors.count {
            let count = min(vectors.count - first, Self.partsPerCall)
            var written = try vectors.withUnsafeBufferPointer { vectors throws(StorageError) in
                try StorageError.check("write", path) {
                    pwritev(descriptor.number, vectors.baseAddress! + first, CInt(count), off_t(at))
                }
            }
            at += written
            while first < vectors.count, written >= vectors[first].iov_len {
                written -= vectors[first].iov_len
                first += 1
            }
            if written > 0 {
                vectors[first].iov_base += written
                vectors[first].iov_len -= written
            }
        }
    }

    var takesBlocks: Bool {
        guard let direct else { return false }
        return directFile.withLock { file in
            if !file.wasAskedFor {
                file.wasAskedFor = true
                file.descriptor = direct.open(path, of: descriptor)
            }
            return file.descriptor != nil
        }
    }

    func write(blocks: [FileBlock]) throws(StorageError) {
        guard takesBlocks, let direct, try write(blocks, by: direct) else {
            for block in blocks { try write([block.bytes], at: block.position) }
            return
        }
    }

    private func write(_ blocks: [FileBlock], by direct: DirectWriter) throws(StorageError) -> Bool {
        try directFile.withLock { file throws(StorageError) in
            if file.descriptor == nil { return false }
            if try direct.write(blocks, path: path, to: file.descriptor!) { return true }
            file.descriptor = nil
            return false
        }
    }

    func allocate(byteCount: Int) throws(StorageError) -> Bool {
        do {
            try StorageError.check("reserve space for", path) {
                penstock_preallocate(descriptor.number, Int64(byteCount))
            }
            return true
        } catch {
            if error.reason == .other { return false }
            throw error
        }
    }

    func truncate(to byteCount: Int) throws(StorageError) {
        try StorageError.check("cut", path) { ftruncate(descriptor.number, off_t(byteCount)) }
    }

    func sync() throws(StorageError) {
        try StorageError.check("sync", path) { fdatasync(descriptor.number) }
    }

    func byteCount() throws(StorageError) -> Int {
        var status = stat()
        try StorageError.check("look at", path) { fstat(descriptor.number, &status) }
        return Int(status.st_size)
    }
}
