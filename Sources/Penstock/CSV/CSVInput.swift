public import PenstockEngine
internal import PenstockEvents
internal import PenstockFormats

/// A source that reads a CSV file (RFC 4180, with a header) row by row.
///
/// ```swift
/// From(CSVInput("readings.csv", time: "time") { row in Reading(sensor: row.text("sensor"), value: try row.number("value")) })
/// ```
public struct CSVInput<Output: Sendable>: Source {
    private let path: String
    private let timeColumn: String
    private let read: @Sendable (CSVRow) throws -> Output

    /// Rows are in order of time unless `From` is told otherwise.
    public var disorder: Disorder { .ascending }

    /// The kind and the name of the file.
    public var summary: String { "CSV file \(path)" }

    /// A file whose column `time` holds the event time in seconds since 1970, and whose rows `read` makes events of.
    public init(_ path: String, time: String, read: @escaping @Sendable (CSVRow) throws -> Output) {
        self.path = path
        timeColumn = time
        self.read = read
    }

    /// Opens the file and looks for the column of the time.
    public func open(_ partition: Int, context: SourceContext) throws -> any SourceReader<Output> {
        let row = try CSVRow(path)
        return Reader(row: row, time: try row.index(of: timeColumn), context: context, read: read)
    }

    private struct Reader: SourceReader {
        let row: CSVRow
        let time: Int
        let context: SourceContext
        let read: @Sendable (CSVRow) throws -> Output

        mutating func read(into batch: inout SourceBatch<Output>) throws -> SourceProgress {
            while !batch.isFull {
                guard !context.isStopping, try row.advance() else { return .end }
                do { batch.append(try read(row), time: try row.time(time)) } catch {
                    batch.appendUnreadable(error, bytes: row.bytes)
                }
            }
            return .more
        }
    }
}

/// The row of a CSV file that is being read: its fields by the names of their columns.
public final class CSVRow {
    private var reader: CSVReader
    private var indices: [String: Int] = [:]

    init(_ path: String) throws {
        reader = try CSVReader(opening: path)
        for (index, name) in reader.columns.enumerated() where indices[name] == nil { indices[name] = index }
    }

    /// The text of a field.
    /// - Throws: An error that names the file and the columns that it has.
    public func text(_ column: String) throws -> String { reader.string(try index(of: column)) }

    /// The number in a field.
    /// - Throws: An error that names the file, the line and the column.
    public func number(_ column: String) throws -> Double { try reader.double(index(of: column)) }

    /// The integer in a field.
    /// - Throws: An error that names the file, the line and the column.
    public func integer(_ column: String) throws -> Int { try reader.integer(index(of: column)) }

    /// The fields with commas between them.
    var bytes: [UInt8] { Array(reader.columns.indices.map { reader.string($0) }.joined(separator: ",").utf8) }

    func advance() throws -> Bool { try reader.next() }

    func time(_ column: Int) throws -> Timestamp {
        Timestamp(nanoseconds: try reader.scaledInteger(column, decimals: 9))
    }

    func index(of column: String) throws -> Int {
        if let index = indices[column] { return index }
        return try reader.index(of: column)
    }
}
