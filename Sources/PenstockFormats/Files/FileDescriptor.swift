#if canImport(Glibc)
    internal import Glibc
#elseif canImport(Musl)
    internal import Musl
#endif

/// An open file of the operating system, closed at the end of its life.
package struct FileDescriptor: ~Copyable {
    let path: String
    private let number: Int32

    /// Opens an existing file for reading.
    /// - Throws: `notFound` or `notReadable`.
    package init(opening path: String) throws(FormatError) {
        let number = open(path, O_RDONLY | O_CLOEXEC)
        guard number >= 0 else { throw SystemFailure.last.error(.opening, file: path) }
        self.path = path
        self.number = number
    }

    /// Makes a new file for writing.
    /// - Throws: `exists`, `cannotCreate` or `diskFull`.
    init(creating path: String) throws(FormatError) {
        let number = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o666)
        guard number >= 0 else { throw SystemFailure.last.error(.creating, file: path) }
        self.path = path
        self.number = number
    }

    /// Opens a file to go on writing behind its first `byteCount` bytes; what stands there is dropped.
    /// - Throws: `notFound`, `notReadable`, `truncated` where the file is shorter, or `writeFailed`.
    init(continuing path: String, behind byteCount: Int) throws(FormatError) {
        number = try Self.opened(path, behind: byteCount)
        self.path = path
    }

    private static func opened(_ path: String, behind byteCount: Int) throws(FormatError) -> Int32 {
        let number = open(path, O_WRONLY | O_CLOEXEC)
        guard number >= 0 else { throw SystemFailure.last.error(.opening, file: path) }
        if lseek(number, 0, SEEK_END) < byteCount {
            _ = close(number)
            throw FormatError(
                .truncated, file: path, "has fewer than the \(byteCount) bytes that were written to it", hint: nil)
        }
        guard ftruncate(number, byteCount) == 0, lseek(number, 0, SEEK_END) == byteCount else {
            let failure = SystemFailure.last.error(.writing, file: path)
            _ = close(number)
            throw failure
        }
        return number
    }

    deinit { _ = close(number) }

    /// Copies a file to a new one.
    /// - Throws: `notFound`, `notReadable`, `exists`, `cannotCreate`, `diskFull`, `writeFailed`.
    static func copy(_ path: String, to target: String) throws(FormatError) {
        let source = try FileDescriptor(opening: path)
        let copy = try FileDescriptor(creating: target)
        var offset = 0
        while true {
            let bytes = try source.bytes(at: offset, count: 1 << 20)
            guard !bytes.isEmpty else { return }
            try copy.write(bytes)
            offset += bytes.count
        }
    }

    /// Reads up to `buffer.count` bytes at the present position; 0 at the end of the file.
    package func read(into buffer: UnsafeMutableRawBufferPointer) throws(FormatError) -> Int {
        while true {
            let count = systemRead(number, buffer.baseAddress, buffer.count)
            if count >= 0 { return count }
            if errno != EINTR { throw SystemFailure.last.error(.reading, file: path) }
        }
    }

    /// Whether this is a folder.
    var isFolder: Bool {
        var status = stat()
        return fstat(number, &status) == 0 && status.st_mode & S_IFMT == S_IFDIR
    }

    /// Up to `count` bytes at a place in the file; fewer at its end.
    func bytes(at offset: Int, count: Int) throws(FormatError) -> [UInt8] {
        var failure: FormatError?
        let bytes = [UInt8](unsafeUninitializedCapacity: count) { buffer, filled in
            while filled < count {
                let read = pread(number, buffer.baseAddress! + filled, count - filled, off_t(offset + filled))
                if read == 0 { break }
                if read > 0 {
                    filled += read
                } else if errno != EINTR {
                    failure = SystemFailure.last.error(.reading, file: path)
                    break
                }
            }
        }
        if let failure { throw failure }
        return bytes
    }

    /// Writes all of `bytes` at the present position.
    /// - Throws: `diskFull` or `writeFailed`.
    func write(_ bytes: UnsafeRawBufferPointer) throws(FormatError) {
        var done = 0
        while done < bytes.count {
            let count = systemWrite(number, bytes.baseAddress! + done, bytes.count - done)
            if count >= 0 {
                done += count
            } else if errno != EINTR {
                throw SystemFailure.last.error(.writing, file: path)
            }
        }
    }

    /// Writes all of `bytes` at the present position.
    /// - Throws: `diskFull` or `writeFailed`.
    func write(_ bytes: [UInt8]) throws(FormatError) {
        var failure: FormatError?
        bytes.withUnsafeBytes { buffer in
            do throws(FormatError) { try write(buffer) } catch { failure = error }
        }
        if let failure { throw failure }
    }

    /// Waits until the file, or the folder's list of names, is on the device.
    func synchronize() throws(FormatError) {
        // EINVAL and ENOTSUP: some file systems cannot do it for folders.
        guard fsync(number) == 0 || errno == EINVAL || errno == ENOTSUP else {
            throw SystemFailure.last.error(.writing, file: path)
        }
    }
}

// The system's functions, under names that the methods above do not hide.

private func systemRead(_ number: Int32, _ memory: UnsafeMutableRawPointer?, _ count: Int) -> Int {
    read(number, memory, count)
}

private func systemWrite(_ number: Int32, _ memory: UnsafeRawPointer?, _ count: Int) -> Int {
    write(number, memory, count)
}
