internal import Crypto

#if canImport(Glibc)
    internal import Glibc
#elseif canImport(Musl)
    internal import Musl
#endif

/// A program's file, open for reading; closed at the end of its life.
struct BinaryFile: ~Copyable {
    /// As it was named.
    let path: String
    /// The size of the file.
    let bytes: Int
    private let number: Int32

    /// - Throws: `notReadable`.
    init(opening path: String) throws(BinaryError) {
        // O_NONBLOCK: a pipe without a writer would hold up the opening.
        let number = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard number >= 0 else { throw .notReadable(path: path, reason: Self.reason) }
        var status = stat()
        let failure: String? =
            if fstat(number, &status) != 0 {
                Self.reason
            } else if status.st_mode & S_IFMT != S_IFREG {
                "it is no regular file"
            } else {
                nil
            }
        if let failure {
            _ = close(number)
            throw .notReadable(path: path, reason: failure)
        }
        self.path = path
        self.number = number
        bytes = Int(status.st_size)
    }

    deinit { _ = close(number) }

    /// `count` bytes from an offset on.
    /// - Parameter part: What is read, for the error.
    /// - Throws: `cutOff` where the file has fewer, `notReadable`.
    func read(_ part: String, at offset: Int, count: Int) throws(BinaryError) -> ELFBytes {
        guard offset >= 0, count >= 0, offset <= bytes, count <= bytes - offset else {
            throw .cutOff(path: path, part: part, bytes: bytes)
        }
        return ELFBytes(try read(upTo: count, at: offset))
    }

    /// Text from an offset on, up to its zero byte, which has to come within `limit` bytes.
    /// - Throws: `cutOff`, `damaged`, `notReadable`.
    func text(_ part: String, at offset: Int, limit: Int) throws(BinaryError) -> String {
        guard offset >= 0, offset < bytes else { throw .cutOff(path: path, part: part, bytes: bytes) }
        let read = try read(upTo: min(limit, bytes - offset), at: offset)
        guard let end = read.firstIndex(of: 0) else { throw .damaged(path: path, part: part) }
        return String(decoding: read[..<end], as: UTF8.self)
    }

    /// The SHA-256 (FIPS 180-4) of the whole file in hexadecimal, as `sha256sum` prints it.
    /// - Throws: `notReadable`.
    func sha256() throws(BinaryError) -> String {
        var hash = SHA256()
        var offset = 0
        while offset < bytes {
            let block = try read(upTo: min(1 << 20, bytes - offset), at: offset)
            hash.update(data: block)
            offset += block.count
        }
        return hash.finalize().map { byte in (byte < 16 ? "0" : "") + String(byte, radix: 16) }.joined()
    }

    /// `count` bytes, of which the size of the file has it that they are there.
    private func read(upTo count: Int, at offset: Int) throws(BinaryError) -> [UInt8] {
        var failure: String?
        let read = [UInt8](unsafeUninitializedCapacity: count) { buffer, filled in
            while filled < count, failure == nil {
                let read = pread(number, buffer.baseAddress! + filled, count - filled, off_t(offset + filled))
                if read > 0 {
                    filled += read
                } else if read == 0 {
                    failure = "it became shorter while it was read"
                } else if errno != EINTR {
                    failure = Self.reason
                }
            }
        }
        if let failure { throw .notReadable(path: path, reason: failure) }
        return read
    }

    private static var reason: String { String(cString: strerror(errno)) }
}

/// Bytes with the numbers of an ELF file in them, of little-endian byte order.
struct ELFBytes {
    private let bytes: [UInt8]

    init(_ bytes: [UInt8]) { self.bytes = bytes }

    subscript(offset: Int) -> UInt8 { bytes[offset] }

    /// An unsigned number at an offset within these bytes.
    func number<Number: FixedWidthInteger & UnsignedInteger>(at offset: Int, as: Number.Type = Number.self) -> Number {
        bytes.withUnsafeBytes { Number(littleEndian: $0.loadUnaligned(fromByteOffset: offset, as: Number.self)) }
    }

    /// A place or a size; nil above 2^63 - 1, where no file has anything.
    func place(at offset: Int) -> Int? { Int(exactly: number(at: offset, as: UInt64.self)) }
}
