/// The window of a file that a reader sees: it holds the present record whole and reads the file in large pieces.
///
/// The bytes are allocated here and freed at the end of this value's life; positions count from their beginning.
struct CSVBuffer: ~Copyable {
    private let file: FileDescriptor
    private var storage: UnsafeMutableRawBufferPointer
    private let limit: Int

    /// The bytes that are valid: `bytes[..<end]`.
    private(set) var end = 0
    /// Whether the file has no more bytes.
    private(set) var isAtEnd = false

    /// The memory. Valid until the next `more`.
    var bytes: UnsafeMutableRawBufferPointer { storage }

    /// - Parameters:
    ///   - pieceBytes: How much is read at a time.
    ///   - limit: The longest record in bytes.
    init(_ file: consuming FileDescriptor, pieceBytes: Int, limit: Int) {
        self.file = file
        self.limit = limit
        storage = .allocate(byteCount: pieceBytes, alignment: 16)
    }

    deinit { storage.deallocate() }

    /// Drops what is before `start`, moves the rest to the front and reads more behind it, unless `isAtEnd`.
    /// - Throws: `readFailed`; `tooLarge` where a record is longer than the limit.
    mutating func more(keeping start: Int, line: Int) throws(FormatError) {
        precondition(!isAtEnd)
        let kept = end - start
        if kept > limit {
            throw FormatError(
                .tooLarge, file: file.path, object: "line \(line)", "the record is longer than \(limit) bytes",
                hint: "look for a quotation mark without its partner, or raise the limit")
        }
        if kept > storage.count / 2 {
            let larger = UnsafeMutableRawBufferPointer.allocate(byteCount: 2 * storage.count, alignment: 16)
            larger.copyMemory(from: UnsafeRawBufferPointer(rebasing: storage[start..<end]))
            storage.deallocate()
            storage = larger
        } else if start > 0, kept > 0 {
            storage.copyMemory(from: UnsafeRawBufferPointer(rebasing: storage[start..<end]))
        }
        end = kept
        let count = try file.read(into: UnsafeMutableRawBufferPointer(rebasing: storage[end...]))
        end += count
        isAtEnd = count == 0
    }
}
