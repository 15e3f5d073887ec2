public import PenstockEngine
public import PenstockEvents
internal import PenstockFormats

/// A sink that writes a CSV file (RFC 4180, with a header), one row an event. The file appears under its name when the run has ended well.
public struct CSVOutput<Input: Sendable>: Sink {
    private let path: String
    private let columns: [String]
    private let fields: @Sendable (Input) -> [CSVField]

    /// The kind and the name of the file.
    public var summary: String { "CSV file \(path)" }

    /// Each row once: the file is cut at its length at the checkpoint.
    public var delivery: SinkDelivery { .exactlyOnce }

    /// A file with these columns; `fields` gives the row of an event, as many fields as there are columns.
    public init(_ path: String, columns: [String], fields: @escaping @Sendable (Input) -> [CSVField]) {
        self.path = path
        self.columns = columns
        self.fields = fields
    }

    /// Refuses a file that exists already, unless it may be replaced.
    public func check(_ context: SinkContext) throws {
        _ = try PendingFile(path, overwrites: context.overwrite)
    }

    /// Begins to write beside the final name.
    public func open(_ context: SinkContext) throws -> any SinkWriter<Input> {
        Writer(try CSVOutputFile(path, columns: columns, overwrite: context.overwrite), columns.count, fields, context)
    }

    /// Goes on behind the rows of a checkpoint.
    public func reopen(_ context: SinkContext, from state: [UInt8]) throws -> any SinkWriter<Input> {
        let file = try CSVOutputFile(path, columns: columns, overwrite: context.overwrite, continuing: state)
        return Writer(file, columns.count, fields, context)
    }

    private struct Writer: SinkWriter {
        private let file: CSVOutputFile
        private let columnCount: Int
        private let fields: @Sendable (Input) -> [CSVField]
        private let context: SinkContext

        init(
            _ file: CSVOutputFile, _ columnCount: Int, _ fields: @escaping @Sendable (Input) -> [CSVField],
            _ context: SinkContext
        ) {
            self.file = file
            self.columnCount = columnCount
            self.fields = fields
            self.context = context
        }

        mutating func write(_ events: Events<Input>) throws {
            for event in events {
                let row = fields(event.value)
                precondition(
                    row.count == columnCount, "a row of \(row.count) fields in a file of \(columnCount) columns")
                try file.append(row)
            }
            context.count("rows_written", events.count)
        }

        mutating func checkpoint() throws -> [UInt8]? { try file.checkpoint() }

        mutating func suspend() { file.suspend() }

        mutating func finish() throws { try file.finish() }

        mutating func abandon() { file.abandon() }
    }
}

/// A field of a CSV file.
public enum CSVField: Sendable {
    /// Text, in quotation marks where it needs them.
    case text(String)
    /// A number, in the fewest digits that give the same double.
    case number(Double)
    /// An integer.
    case integer(Int)
    /// An instant in seconds since 1970, exact to the nanosecond.
    case time(Timestamp)
}

/// The file of a CSV sink while it is written.
private final class CSVOutputFile {
    private var pending: PendingFile?
    private var writer: CSVWriter?

    init(_ path: String, columns: [String], overwrite: Bool) throws {
        let pending = try PendingFile(path, overwrites: overwrite)
        writer = try CSVWriter(creating: pending.temporaryPath, columns: columns)
        self.pending = consume pending
    }

    /// Goes on with the file of an earlier run, where `state` says: the bytes of the file in decimal digits, a space, its path.
    init(_ path: String, columns: [String], overwrite: Bool, continuing state: [UInt8]) throws {
        let text = String(decoding: state, as: UTF8.self)
        guard let space = text.firstIndex(of: " "), let byteCount = Int(text[..<space]) else {
            preconditionFailure("\(text) is not the state of a CSV file")
        }
        let earlier = String(text[text.index(after: space)...])
        // The finished file, which may stand for the half-written one, begins with the same rows.
        let pending = try PendingFile(path, overwrites: overwrite, continuing: earlier)
        do throws(FormatError) {
            writer = try CSVWriter(continuing: pending.temporaryPath, behind: byteCount, columnCount: columns.count)
        } catch {
            // The checkpoint still refers to it.
            pending.leave()
            throw error
        }
        self.pending = consume pending
    }

    func checkpoint() throws -> [UInt8]? {
        guard let byteCount = try writer?.synchronize(), let path = pending?.temporaryPath else { return nil }
        return Array("\(byteCount) \(path)".utf8)
    }

    func suspend() {
        writer = nil
        pending.take()?.leave()
    }

    func append(_ row: [CSVField]) throws {
        for field in row {
            switch field {
            case .text(let text): writer?.append(text)
            case .number(let number): writer?.append(number)
            case .integer(let integer): writer?.append(integer)
            case .time(let time): writer?.append(time.decimalSeconds)
            }
        }
        try writer?.endRecord()
    }

    func finish() throws {
        try writer.take()?.close()
        try pending.take()?.commit()
    }

    func abandon() {
        writer = nil
        pending = nil
    }
}

extension Timestamp {
    /// Seconds since 1970 in decimal digits, all of the nanoseconds and no zeros at the end.
    fileprivate var decimalSeconds: String {
        let (whole, rest) = nanoseconds.magnitude.quotientAndRemainder(dividingBy: 1_000_000_000)
        let sign = nanoseconds < 0 ? "-" : ""
        guard rest != 0 else { return "\(sign)\(whole)" }
        let digits = String(rest)
        var fraction = String(repeating: "0", count: 9 - digits.count) + digits
        while fraction.hasSuffix("0") { fraction.removeLast() }
        return "\(sign)\(whole).\(fraction)"
    }
}
