/// Reads a table of comma-separated values record by record (RFC 4180, Y. Shafranovich, 2005), in bounded memory.
///
/// The first record names the columns. Lines end with LF or CRLF; empty lines and a byte order mark are passed over.
/// Each further record must have as many fields as the header. Fields are ranges of the reader's memory: nothing is
/// allocated for a record.
///
///     var table = try CSVReader(opening: "uptake.csv")
///     let pressure = try table.index(of: "pressure")
///     while try table.next() { sum += try table.double(pressure) }
public struct CSVReader: ~Copyable {
    /// The longest record, in bytes, that is read unless asked otherwise: 1 MiB.
    public static let defaultRecordBytes = 1 << 20
    /// How much is read from the file at a time: 256 KiB.
    public static let pieceBytes = 1 << 18

    /// The names of the columns.
    public let columns: [String]

    private var records: CSVRecords

    /// The path of the file.
    public var path: String { records.path }

    /// The line on which the present record begins, from 1.
    public var line: Int { records.line }

    /// Opens a table and reads its header.
    /// - Parameters:
    ///   - separator: The byte between two fields: a comma, a semicolon or a tabulator.
    ///   - recordBytes: The longest record.
    /// - Throws: `notFound`, `notReadable`; `wrongFormat` where the file is empty or a column has no name or that of
    ///   another; `malformedRow`.
    public init(
        opening path: String, separator: UInt8 = UInt8(ascii: ","), recordBytes: Int = CSVReader.defaultRecordBytes
    ) throws(FormatError) {
        let file = try FileDescriptor(opening: path)
        let piece = Swift.min(CSVReader.pieceBytes, Swift.max(64, recordBytes))
        var records = CSVRecords(
            CSVBuffer(file, pieceBytes: piece, limit: recordBytes), path: path, separator: separator)
        try records.skipByteOrderMark()
        guard try records.readRecord() else {
            throw FormatError(
                .wrongFormat, file: path, "is empty", hint: "a table begins with a line that names its columns")
        }
        var names: [String] = []
        for index in records.fields.indices {
            let name = records.string(index)
            guard !name.isEmpty, !names.contains(name) else {
                throw FormatError(
                    .wrongFormat, file: path, object: "line \(records.line)",
                    name.isEmpty ? "column \(index + 1) has no name" : "two columns are named \(name)")
            }
            names.append(name)
        }
        self.records = records
        self.columns = names
    }

    /// The index of the column of this name.
    /// - Throws: `missingColumn`.
    public func index(of column: String) throws(FormatError) -> Int {
        if let index = columns.firstIndex(of: column) { return index }
        throw FormatError(
            .missingColumn, file: path, object: "column \(column)", "there is no such column",
            hint: "the columns are \(columns.joined(separator: ", "))")
    }

    /// Goes to the next record.
    /// - Returns: Whether there is one.
    /// - Throws: `malformedRow`, `tooLarge` or `readFailed`; the reader must then not be used any more.
    public mutating func next() throws(FormatError) -> Bool {
        guard try records.readRecord() else { return false }
        if records.fields.count != columns.count {
            throw records.malformed("has \(records.fields.count) fields, but the header names \(columns.count) columns")
        }
        return true
    }

    /// Whether the field is empty.
    public func isEmpty(_ column: Int) -> Bool { records.fields[column].isEmpty }

    /// Calls `body` with the bytes of a field, quotation marks removed. They are valid during the call only.
    public func withBytes<Result, Failure: Error>(
        _ column: Int, _ body: (UnsafeRawBufferPointer) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        try body(records.field(column))
    }

    /// The text of a field; bytes that are not UTF-8 become replacement characters.
    public func string(_ column: Int) -> String { records.string(column) }

    /// The number in a field, to the nearest double. Blanks around it are passed over; `nan` and `inf` are numbers.
    /// - Throws: `malformedRow` where the field is not a number, also where it is empty.
    public func double(_ column: Int) throws(FormatError) -> Double {
        if let number = DecimalNumber.double(records.field(column)) { return number }
        throw notNumber(column, "a number")
    }

    /// The integer in a field. Blanks around it are passed over.
    /// - Throws: `malformedRow` where the field is not an integer of 64 bits.
    public func integer(_ column: Int) throws(FormatError) -> Int {
        if let number = DecimalNumber.integer(records.field(column)) { return number }
        throw notNumber(column, "an integer")
    }

    /// The number in a field times 10 to the power of `decimals`, rounded to the nearest integer, halves away from zero: seconds as
    /// nanoseconds, without a detour over a double where the field is written without an exponent.
    /// - Throws: `malformedRow` where the field is not a number or does not fit.
    public func scaledInteger(_ column: Int, decimals: Int) throws(FormatError) -> Int64 {
        if let number = DecimalNumber.scaled(records.field(column), decimals: decimals) { return number }
        throw notNumber(column, "a number in range")
    }

    private func notNumber(_ column: Int, _ kind: String) -> FormatError {
        records.malformed("column \(columns[column]) holds “\(string(column).prefix(40))”, which is not \(kind)")
    }
}
