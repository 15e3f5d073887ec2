/// Writes a table of comma-separated values (RFC 4180), field by field.
///
/// Doubles are written with as many digits as it takes to read the same number again. A field is quoted where it
/// holds a comma, a quotation mark or a line end. Lines end with LF, as the tools of Unix want, unless asked for
/// CRLF.
public struct CSVWriter: ~Copyable {
    /// What ends a line.
    public enum LineEnd: String, Sendable {
        /// LF.
        case lineFeed = "\n"
        /// CRLF, as RFC 4180 has it.
        case carriageReturnLineFeed = "\r\n"
    }

    /// Bytes that are collected before they are written: 256 KiB.
    public static let bufferBytes = 1 << 18

    private let file: FileDescriptor
    private let columnCount: Int
    private let lineEnd: LineEnd
    private var buffer: [UInt8] = []
    private var fieldCount = 0
    /// The bytes that were written to the file.
    private var byteCount = 0

    /// Makes a new file whose first line names the columns. Call `close` in the end: what is in the buffer is lost
    /// otherwise.
    /// - Throws: `exists`, `cannotCreate`, `diskFull`.
    public init(creating path: String, columns: [String], lineEnd: LineEnd = .lineFeed) throws(FormatError) {
        precondition(!columns.isEmpty, "a table has at least one column")
        file = try FileDescriptor(creating: path)
        columnCount = columns.count
        self.lineEnd = lineEnd
        buffer.reserveCapacity(CSVWriter.bufferBytes + 4096)
        for column in columns { append(column) }
        finishRecord()
    }

    /// Goes on with a file behind its first `byteCount` bytes, which end with a record; what stands there is dropped.
    /// - Throws: `notFound`, `notReadable`, `truncated`, `writeFailed`.
    public init(
        continuing path: String, behind byteCount: Int, columnCount: Int, lineEnd: LineEnd = .lineFeed
    ) throws(FormatError) {
        precondition(columnCount > 0, "a table has at least one column")
        file = try FileDescriptor(continuing: path, behind: byteCount)
        self.columnCount = columnCount
        self.lineEnd = lineEnd
        self.byteCount = byteCount
        buffer.reserveCapacity(CSVWriter.bufferBytes + 4096)
    }

    /// Waits until all records so far are on the device.
    /// - Returns: The bytes of the file.
    /// - Throws: `diskFull`, `writeFailed`.
    public mutating func synchronize() throws(FormatError) -> Int {
        precondition(fieldCount == 0, "the last record was not ended")
        try flush()
        try file.synchronize()
        return byteCount
    }

    /// Adds a text to the record.
    public mutating func append(_ text: String) {
        beginField()
        var text = text
        text.withUTF8 { utf8 in
            let isPlain = utf8.allSatisfy { $0 != 0x22 && $0 != 0x2C && $0 != 0x0A && $0 != 0x0D }
            // A record of one empty field would read as an empty line.
            if isPlain, !(utf8.isEmpty && columnCount == 1) {
                buffer.append(contentsOf: utf8)
            } else {
                buffer.append(0x22)
                for byte in utf8 {
                    if byte == 0x22 { buffer.append(0x22) }
                    buffer.append(byte)
                }
                buffer.append(0x22)
            }
        }
    }

    /// Adds a number to the record.
    public mutating func append(_ number: Double) {
        beginField()
        buffer.append(contentsOf: number.description.utf8)
    }

    /// Adds a number to the record.
    public mutating func append(_ number: Float) {
        beginField()
        buffer.append(contentsOf: number.description.utf8)
    }

    /// Adds an integer to the record.
    public mutating func append(_ number: some FixedWidthInteger) {
        beginField()
        buffer.append(contentsOf: number.description.utf8)
    }

    /// Ends the record.
    /// - Precondition: It has as many fields as there are columns.
    /// - Throws: `diskFull`, `writeFailed`.
    public mutating func endRecord() throws(FormatError) {
        finishRecord()
        if buffer.count >= CSVWriter.bufferBytes { try flush() }
    }

    /// Writes what is in the buffer and closes the file.
    /// - Throws: `diskFull`, `writeFailed`.
    public consuming func close() throws(FormatError) {
        precondition(fieldCount == 0, "the last record was not ended")
        try flush()
    }

    private mutating func beginField() {
        if fieldCount > 0 { buffer.append(0x2C) }
        fieldCount += 1
    }

    private mutating func finishRecord() {
        precondition(fieldCount == columnCount, "a record of \(fieldCount) fields in a table of \(columnCount) columns")
        fieldCount = 0
        buffer.append(contentsOf: lineEnd.rawValue.utf8)
    }

    private mutating func flush() throws(FormatError) {
        try file.write(buffer)
        byteCount += buffer.count
        buffer.removeAll(keepingCapacity: true)
    }
}
