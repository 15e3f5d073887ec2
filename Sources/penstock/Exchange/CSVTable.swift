internal import PenstockEvents
internal import PenstockLog

/// How event times stand in a CSV file.
enum CSVTimes: String, CaseIterable {
    case iso
    case ns
}

/// The columns of a table beside the fields. Where a field has such a name, an underscore is put behind the column's.
struct CSVColumns {
    let time: String
    let partition: String

    init(_ schema: Schema) {
        func free(_ name: String) -> String {
            schema.fields.contains { $0.name == name } ? free(name + "_") : name
        }
        time = free("time")
        partition = free("partition")
    }
}

/// Topics as comma-separated values (RFC 4180): times and attributes, no key hashes, payloads and control records.
struct CSVTableWriter: ExchangeWriter {
    let header: ExchangeHeader
    let file: OutputFile
    let times: CSVTimes
    private let decoder: RecordDecoder
    /// Control records and payloads that have no place in a table.
    private(set) var leftOut = 0

    init(_ header: ExchangeHeader, to file: OutputFile, times: CSVTimes) {
        self.header = header
        self.file = file
        self.times = times
        decoder = RecordDecoder(header.schema)
    }

    private var showsPartition: Bool { header.partitions > 1 }

    mutating func begin() throws {
        let columns = CSVColumns(header.schema)
        try line((showsPartition ? [columns.partition] : []) + [columns.time] + header.schema.fields.map(\.name))
    }

    mutating func write(_ records: RecordBatch, partition: Int) throws {
        for index in 0..<records.count {
            let time = records.time(at: index)
            let values = try records.values(at: index, decoder)
            if !records.payload(at: index).isEmpty { leftOut += 1 }
            try line(
                (showsPartition ? ["\(partition)"] : []) + [times == .iso ? time.iso8601 : "\(time.nanoseconds)"]
                    + values.map(FieldText.text))
        }
    }

    mutating func write(_ record: ControlRecord, partition: Int) throws { leftOut += 1 }

    mutating func end() throws {}

    private func line(_ cells: [String]) throws {
        try file.write(cells.map(Self.quoted).joined(separator: ",") + "\n")
    }

    private static func quoted(_ cell: String) -> String {
        guard cell.utf8.contains(where: { [0x22, 0x2C, 0x0A, 0x0D].contains($0) }) || cell.hasPrefix(" ") else {
            return cell
        }
        var text = "\""
        for scalar in cell.unicodeScalars {
            if scalar == "\"" { text += "\"" }
            text.unicodeScalars.append(scalar)
        }
        return text + "\""
    }
}

/// Reads a table whose first line names the columns.
struct CSVTableReader: ExchangeReader {
    private static let cellLimit = 512 << 20

    let header: ExchangeHeader? = nil
    private let stream: ByteStream
    private let names: [String]
    private var line = 1
    private var recordLine = 1

    var place: String { "line \(recordLine)" }

    init(_ stream: ByteStream) throws {
        self.stream = stream
        var line = 1
        names = try Self.record(stream, &line) ?? []
        self.line = line
    }

    mutating func next(_ schema: Schema) throws -> ExchangeEntry? {
        if recordLine == 1 { try check(schema) }
        recordLine = line
        guard let cells = try Self.record(stream, &line) else { return nil }
        guard cells.count == names.count else {
            throw ExchangeError(
                "\(TopicText.count(cells.count, "value")) for \(TopicText.count(names.count, "column"))")
        }
        let columns = CSVColumns(schema)
        let partition = try cell(columns.partition, cells).map { text in
            guard let number = Int(text) else { throw ExchangeError("\"\(text)\" is no number of a partition") }
            return number
        }
        let values = try schema.fields.map { field in
            let text = cell(field.name, cells) ?? ""
            guard let value = FieldText.value(text, of: field) else {
                throw ExchangeError("\(field.name) is \"\(text.prefix(60))\", which is no \(field.element.rawValue)")
            }
            return value
        }
        return .record(
            ExchangeRecord(
                partition: partition ?? 0, time: try Self.time(cell(columns.time, cells) ?? ""), keyHash: nil,
                attributes: try schema.encoded(values), payload: .empty))
    }

    func check(_ schema: Schema) throws {
        guard !names.isEmpty else {
            throw ExchangeError("the file is empty", hint: "its first line has to name the columns")
        }
        let columns = CSVColumns(schema)
        for name in [columns.time] + schema.fields.map(\.name) where !names.contains(name) {
            throw ExchangeError(
                "there is no column \(name)", hint: "the first line has to name \(columns.time) and every field")
        }
    }

    private func cell(_ name: String, _ cells: [String]) -> String? { names.firstIndex(of: name).map { cells[$0] } }

    private static func time(_ text: String) throws -> Timestamp {
        if let nanoseconds = Int64(text) { return Timestamp(nanoseconds: nanoseconds) }
        guard let time = Timestamp(iso8601: text) else {
            throw ExchangeError(
                "\"\(text.prefix(60))\" is no time", hint: "write 2026-11-21T05:30:00Z, or nanoseconds since 1970")
        }
        return time
    }

    /// The cells of the next record; nil at the end of the file.
    private static func record(_ stream: ByteStream, _ line: inout Int) throws -> [String]? {
        guard try stream.peek() != nil else { return nil }
        var cells: [String] = []
        while true {
            let (cell, isLast) = try self.cell(stream, &line)
            cells.append(cell)
            if isLast { return cells }
        }
    }

    private static func cell(_ stream: ByteStream, _ line: inout Int) throws -> (String, isLast: Bool) {
        var bytes: [UInt8] = []
        var isLast = true
        var isQuoted = false
        if try stream.peek() == UInt8(ascii: "\"") {
            _ = try stream.byte()
            isQuoted = true
            while true {
                guard let byte = try stream.byte() else { throw ExchangeError("a quoted value has no end") }
                if byte == UInt8(ascii: "\"") {
                    guard try stream.peek() == UInt8(ascii: "\"") else { break }
                    _ = try stream.byte()
                }
                if byte == UInt8(ascii: "\n") { line += 1 }
                bytes.append(byte)
                guard bytes.count <= cellLimit else { throw ExchangeError("a value longer than \(cellLimit) bytes") }
            }
        }
        while let byte = try stream.byte() {
            if byte == UInt8(ascii: ",") {
                isLast = false
                break
            }
            if byte == UInt8(ascii: "\n") {
                line += 1
                break
            }
            if byte == UInt8(ascii: "\r"), try stream.peek() == UInt8(ascii: "\n") { continue }
            guard !isQuoted else { throw ExchangeError("something follows the closing quote of a value") }
            bytes.append(byte)
            guard bytes.count <= cellLimit else { throw ExchangeError("a value longer than \(cellLimit) bytes") }
        }
        guard let text = String(validating: bytes, as: UTF8.self) else { throw ExchangeError("a value is not UTF-8") }
        return (text, isLast)
    }
}
