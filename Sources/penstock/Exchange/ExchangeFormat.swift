internal import ArgumentParser
internal import PenstockEvents
internal import PenstockLog

/// The formats of exported topics.
enum ExchangeFormat: String, ExpressibleByArgument, CaseIterable {
    /// A table of times and attributes.
    case csv
    /// One JSON object a line: everything.
    case jsonl
    /// Blocks of bytes with checksums: everything, smallest and fastest.
    case penstock

    /// The format that a file's name tells.
    /// - Throws: `CommandError` where it tells none.
    static func named(_ file: String, _ format: ExchangeFormat?) throws -> ExchangeFormat {
        if let format { return format }
        let ending = file.split(separator: ".").last.map(String.init) ?? ""
        guard file.contains("."), let format = ExchangeFormat(rawValue: ending) else {
            throw CommandError(
                .usage, "\(file == "-" ? "-, a stream," : "the name \(file)") does not tell the format",
                hint: "say --format csv, jsonl or penstock")
        }
        return format
    }
}

/// What an exported file says about its topic.
struct ExchangeHeader: Equatable {
    var topic: String
    var schema: Schema
    var partitions: Int
}

/// One entry of an exported file.
enum ExchangeEntry: Sendable {
    case record(ExchangeRecord)
    case control(ControlRecord, partition: Int)

    var partition: Int {
        switch self {
        case .record(let record): record.partition
        case .control(_, let partition): partition
        }
    }
}

/// A record on its way between topics and files.
struct ExchangeRecord: Sendable {
    var partition: Int
    var time: Timestamp
    var keyHash: UInt64?
    var attributes: [UInt8]
    var payload: Payload
}

/// Writes entries to a file in one of the formats.
protocol ExchangeWriter {
    /// Writes what stands before the entries.
    mutating func begin() throws
    mutating func write(_ records: RecordBatch, partition: Int) throws
    mutating func write(_ record: ControlRecord, partition: Int) throws
    /// Writes what stands behind the entries.
    mutating func end() throws
}

/// Reads entries from a file in one of the formats.
protocol ExchangeReader {
    /// What the file says about its topic; nil for a format that says nothing.
    var header: ExchangeHeader? { get }
    /// Where the reader is, for errors: `line 12`, `block 3`.
    var place: String { get }
    /// Whether the file can hold records of `schema`, as far as its beginning tells.
    /// - Throws: `ExchangeError` where it cannot.
    func check(_ schema: Schema) throws
    /// The next entry, decoded for `schema`; nil at the end.
    mutating func next(_ schema: Schema) throws -> ExchangeEntry?
}

extension ExchangeReader {
    func check(_ schema: Schema) {}
}

/// Why a file cannot be imported; the command adds file and line.
struct ExchangeError: Error {
    let problem: String
    var hint: String?

    init(_ problem: String, hint: String? = nil) {
        self.problem = problem
        self.hint = hint
    }
}
