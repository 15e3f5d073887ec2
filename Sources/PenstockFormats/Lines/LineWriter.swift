/// Writes lines of text, such as JSON lines, each with a line feed at its end.
public struct LineWriter: ~Copyable {
    /// Bytes that are collected before they are written: 256 KiB.
    public static let bufferBytes = 1 << 18

    private let file: FileDescriptor
    private var buffer: [UInt8] = []
    /// The bytes that were written to the file.
    private var byteCount = 0

    /// Makes a new file. Call `close` in the end: what is in the buffer is lost otherwise.
    /// - Throws: `exists`, `cannotCreate`, `diskFull`.
    public init(creating path: String) throws(FormatError) { file = try FileDescriptor(creating: path) }

    /// Goes on with a file behind its first `byteCount` bytes, which end with a line; what stands there is dropped.
    /// - Throws: `notFound`, `notReadable`, `truncated`, `writeFailed`.
    public init(continuing path: String, behind byteCount: Int) throws(FormatError) {
        file = try FileDescriptor(continuing: path, behind: byteCount)
        self.byteCount = byteCount
    }

    /// Adds a line.
    /// - Precondition: There is no line feed in it.
    /// - Throws: `diskFull`, `writeFailed`.
    public mutating func append(_ line: String) throws(FormatError) {
        let start = buffer.count
        buffer.append(contentsOf: line.utf8)
        precondition(!buffer[start...].contains(0x0A), "a line is one line")
        buffer.append(0x0A)
        if buffer.count >= Self.bufferBytes { try flush() }
    }

    /// Waits until all lines so far are on the device.
    /// - Returns: The bytes of the file.
    /// - Throws: `diskFull`, `writeFailed`.
    public mutating func synchronize() throws(FormatError) -> Int {
        try flush()
        try file.synchronize()
        return byteCount
    }

    /// Writes what is in the buffer and closes the file.
    /// - Throws: `diskFull`, `writeFailed`.
    public consuming func close() throws(FormatError) { try flush() }

    private mutating func flush() throws(FormatError) {
        try file.write(buffer)
        byteCount += buffer.count
        buffer.removeAll(keepingCapacity: true)
    }
}
