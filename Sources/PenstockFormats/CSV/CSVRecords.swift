/// The records of a table: the grammar, in one pass over the bytes, restarted nowhere.
struct CSVRecords: ~Copyable {
    let path: String
    /// The line on which the present record begins, from 1.
    private(set) var line = 0
    /// Where the fields of the present record lie, counted from `recordStart`.
    private(set) var fields: [Range<Int>] = []

    private var buffer: CSVBuffer
    private let separator: UInt8
    private var position = 0
    private var recordStart = 0
    private var nextLine = 1

    init(_ buffer: consuming CSVBuffer, path: String, separator: UInt8) {
        self.buffer = buffer
        self.path = path
        self.separator = separator
    }

    /// The bytes of a field, quotation marks removed. Valid until the next record.
    func field(_ column: Int) -> UnsafeRawBufferPointer {
        let range = fields[column]
        return UnsafeRawBufferPointer(
            rebasing: buffer.bytes[recordStart + range.lowerBound..<recordStart + range.upperBound])
    }

    /// The text of a field; bytes that are not UTF-8 become replacement characters.
    func string(_ column: Int) -> String { String(decoding: field(column), as: UTF8.self) }

    /// An error about the present record.
    func malformed(_ reason: String) -> FormatError {
        FormatError(.malformedRow, file: path, object: "line \(line)", reason)
    }

    /// Passes over a byte order mark at the beginning of the file.
    mutating func skipByteOrderMark() throws(FormatError) {
        while buffer.end < 3, !buffer.isAtEnd { try buffer.more(keeping: 0, line: 1) }
        if buffer.end >= 3, buffer.bytes.prefix(3).elementsEqual([0xEF, 0xBB, 0xBF]) { position = 3 }
    }

    private static let lineFeed = UInt8(ascii: "\n")
    private static let carriageReturn = UInt8(ascii: "\r")
    private static let quote = UInt8(ascii: "\"")

    /// Reads the next record that is not an empty line; false at the end of the file.
    mutating func readRecord() throws(FormatError) -> Bool {
        repeat {
            recordStart = position
            line = nextLine
            fields.removeAll(keepingCapacity: true)
            guard try hasByte() else { return false }
            while try readField() {}
        } while fields.count == 1 && position - recordStart - lineEndBytes == 0
        return true
    }

    /// Bytes of the line end behind the present record.
    private var lineEndBytes: Int {
        guard position > recordStart, buffer.bytes[position - 1] == CSVRecords.lineFeed else { return 0 }
        return position - 1 > recordStart && buffer.bytes[position - 2] == CSVRecords.carriageReturn ? 2 : 1
    }

    /// Whether there is a byte at `position`; reads more of the file where it needs to.
    @inline(__always) private mutating func hasByte() throws(FormatError) -> Bool {
        position < buffer.end ? true : try readMore()
    }

    @inline(never) private mutating func readMore() throws(FormatError) -> Bool {
        if buffer.isAtEnd { return false }
        let consumed = position - recordStart
        try buffer.more(keeping: recordStart, line: line)
        recordStart = 0
        position = consumed
        return !buffer.isAtEnd
    }

    /// Reads one field and what ends it; true where another field follows in the record.
    private mutating func readField() throws(FormatError) -> Bool {
        if try hasByte(), buffer.bytes[position] == CSVRecords.quote { return try readQuoted() }
        let start = position - recordStart
        while try hasByte() {
            let bytes = buffer.bytes
            let end = buffer.end
            var at = position
            while at < end {
                let byte = bytes[at]
                // All special bytes but unusual separators are below the digits: one comparison passes most bytes.
                if byte <= 0x2C || byte == separator {
                    if byte == separator || byte == CSVRecords.lineFeed || byte == CSVRecords.carriageReturn { break }
                    if byte == CSVRecords.quote {
                        throw malformed("a quotation mark stands inside a field that does not begin with one")
                    }
                }
                at += 1
            }
            position = at
            if at < end { break }
        }
        fields.append(start..<position - recordStart)
        return try endField()
    }

    /// Reads a field in quotation marks; doubled ones are made single in place.
    private mutating func readQuoted() throws(FormatError) -> Bool {
        position += 1
        let start = position - recordStart
        var length = 0
        while true {
            guard try hasByte() else {
                throw malformed("the file ends inside a field that begins with a quotation mark")
            }
            let byte = buffer.bytes[position]
            position += 1
            if byte == CSVRecords.quote {
                guard try hasByte(), buffer.bytes[position] == CSVRecords.quote else { break }
                position += 1
            } else if byte == CSVRecords.lineFeed {
                nextLine += 1
            }
            buffer.bytes[recordStart + start + length] = byte
            length += 1
        }
        fields.append(start..<start + length)
        return try endField()
    }

    /// Passes over the separator or the line end behind a field.
    private mutating func endField() throws(FormatError) -> Bool {
        guard try hasByte() else { return false }
        var byte = buffer.bytes[position]
        position += 1
        if byte == separator { return true }
        if byte == CSVRecords.carriageReturn {
            guard try hasByte(), buffer.bytes[position] == CSVRecords.lineFeed else {
                throw malformed("a carriage return stands without its line feed")
            }
            byte = CSVRecords.lineFeed
            position += 1
        }
        guard byte == CSVRecords.lineFeed else {
            throw malformed("text follows the closing quotation mark of a field")
        }
        nextLine += 1
        return false
    }
}
