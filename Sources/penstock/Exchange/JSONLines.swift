internal import Foundation
internal import PenstockEvents
internal import PenstockLog

/// Topics as lines of JSON: the first line tells the topic, each further one is a record or a control record.
struct JSONLinesWriter: ExchangeWriter {
    static let marker = "penstock_export"

    let header: ExchangeHeader
    let file: OutputFile
    private let decoder: RecordDecoder

    init(_ header: ExchangeHeader, to file: OutputFile) {
        self.header = header
        self.file = file
        decoder = RecordDecoder(header.schema)
    }

    mutating func begin() throws {
        try write([
            Self.marker: .number(1), "topic": .text(header.topic), "schema": .text("\(header.schema)"),
            "partitions": .number(header.partitions),
        ])
    }

    mutating func write(_ records: RecordBatch, partition: Int) throws {
        for index in 0..<records.count {
            let values = try records.values(at: index, decoder)
            let fields = zip(header.schema.fields, values).map { JSON.Member($0.name, FieldText.json($1)) }
            let payload = records.payload(at: index)
            let hash = records.hasKeyHashes ? records.withKeyHashes { $0[index] } : nil
            try write([
                "partition": .number(partition), "time_ns": .number(records.time(at: index).nanoseconds),
                "key_hash": hash.map { .text(TopicText.hexadecimal($0)) }, "fields": .object(fields),
                "payload": payload.isEmpty
                    ? nil : .text(payload.withUnsafeBytes { Data($0) }.base64EncodedString()),
                "payload_codec": payload.codec == .raw ? nil : .number(payload.codec.rawValue),
            ])
        }
    }

    mutating func write(_ record: ControlRecord, partition: Int) throws {
        try write(["partition": .number(partition), "control": ControlText.json(record)])
    }

    mutating func end() throws {}

    private func write(_ members: KeyValuePairs<String, JSON?>) throws {
        try file.write(JSON.members(members).compact + "\n")
    }
}

/// Reads what `JSONLinesWriter` wrote, or lines that another program made in the same form.
struct JSONLinesReader: ExchangeReader {
    /// A record of the largest size, its payload in base64, fits in a line.
    private static let lineLimit = 512 << 20

    let header: ExchangeHeader?
    private let stream: ByteStream
    private var line = 0
    private var encoder: RecordEncoder?
    // A first line that is a record already.
    private var ahead: JSON?

    var place: String { "line \(line)" }

    init(_ stream: ByteStream) throws {
        self.stream = stream
        guard let first = try stream.line(limit: Self.lineLimit) else {
            header = nil
            return
        }
        line = 1
        let json: JSON
        do { json = try Self.parse(first) } catch let error as ExchangeError {
            throw ExchangeError("line 1: \(error.problem)", hint: "say --format where the file is of another one")
        }
        guard let version = json[JSONLinesWriter.marker] else {
            header = nil
            ahead = json
            return
        }
        guard version == .number(1) else {
            throw ExchangeError(
                "the file is of export version \(version.compact); this program reads 1", hint: "use a newer release")
        }
        guard let schema = json["schema"]?.string else { throw ExchangeError("the first line tells no schema") }
        header = ExchangeHeader(
            topic: json["topic"]?.string ?? "", schema: try ExchangeHeader.schema(schema),
            partitions: json["partitions"]?.integer() ?? 1)
    }

    mutating func next(_ schema: Schema) throws -> ExchangeEntry? {
        while true {
            if let json = ahead {
                ahead = nil
                return try entry(json, schema)
            }
            guard let bytes = try stream.line(limit: Self.lineLimit) else { return nil }
            line += 1
            if bytes.isEmpty { continue }
            return try entry(Self.parse(bytes), schema)
        }
    }

    private mutating func entry(_ json: JSON, _ schema: Schema) throws -> ExchangeEntry {
        let partition = try json["partition"].map { try number($0, "partition", Int.self) } ?? 0
        if let control = json["control"] {
            guard let record = ControlText.record(control) else {
                throw ExchangeError("no control record that is known")
            }
            return .control(record, partition: partition)
        }
        guard let fields = json["fields"] else { throw ExchangeError("neither \"fields\" nor \"control\"") }
        return .record(
            ExchangeRecord(
                partition: partition, time: try time(json), keyHash: try keyHash(json),
                attributes: try attributes(fields, schema), payload: try payload(json)))
    }

    private func time(_ json: JSON) throws -> Timestamp {
        if let time = json["time_ns"] { return Timestamp(nanoseconds: try number(time, "time_ns", Int64.self)) }
        guard let text = json["time"]?.string else { throw ExchangeError("neither \"time_ns\" nor \"time\"") }
        guard let time = Timestamp(iso8601: text) else {
            throw ExchangeError("\"\(text)\" is no time", hint: "write 2026-11-21T05:30:00Z")
        }
        return time
    }

    private func keyHash(_ json: JSON) throws -> UInt64? {
        guard let hash = json["key_hash"], hash != .null else { return nil }
        guard let text = hash.string, text.hasPrefix("0x"), let value = UInt64(text.dropFirst(2), radix: 16) else {
            throw ExchangeError("\"key_hash\" is no text such as \"0x00c0ffee00c0ffee\"")
        }
        return value
    }

    private func payload(_ json: JSON) throws -> Payload {
        guard let payload = json["payload"], payload != .null else { return .empty }
        guard let data = payload.string.flatMap({ Data(base64Encoded: $0) }) else {
            throw ExchangeError("\"payload\" is not base64")
        }
        var bytes = data.withUnsafeBytes { Payload(copying: $0) }
        if let codec = json["payload_codec"] {
            bytes.codec = PayloadCodec(rawValue: try number(codec, "payload_codec", UInt8.self))
        }
        return bytes
    }

    private func attributes(_ fields: JSON, _ schema: Schema) throws -> [UInt8] {
        let values = try schema.fields.map { field in
            guard let json = fields[field.name] else { throw ExchangeError("the field \(field.name) is missing") }
            guard let value = FieldText.value(json, of: field) else {
                let shown = json.compact
                throw ExchangeError(
                    "\(field.name) is \(shown.count > 60 ? shown.prefix(60) + "…" : shown), which is no "
                        + "\(field.element.rawValue)\(field.shape.isEmpty ? "" : " array")")
            }
            return value
        }
        return try schema.encoded(values)
    }

    private func number<Value: FixedWidthInteger>(_ json: JSON, _ name: String, _ type: Value.Type) throws -> Value {
        guard let value = json.integer(Value.self) else {
            throw ExchangeError("\"\(name)\" is \(json.compact), no whole number that fits")
        }
        return value
    }

    private static func parse(_ bytes: [UInt8]) throws -> JSON {
        do throws(JSONError) { return try JSONParser.parse(bytes) } catch { throw ExchangeError("no JSON: \(error)") }
    }
}

extension ExchangeHeader {
    static func schema(_ text: String) throws -> Schema {
        do throws(SchemaError) { return try Schema(parsing: text) } catch { throw ExchangeError("\(error)") }
    }
}

extension RecordBatch {
    /// The fields of a record.
    /// - Throws: `CommandError` where it does not hold what the schema says.
    func values(at index: Int, _ decoder: RecordDecoder) throws -> [FieldValue] {
        do {
            return try withAttributes(at: index) { bytes throws(RecordError) in try decoder.decode(bytes) }
        } catch {
            throw CommandError(
                .data, "offset \(baseOffset + UInt64(index)) does not hold what its schema says: \(error)",
                hint: "the bytes are as they were written: the writer's type and the schema \(decoder.schema) disagree")
        }
    }
}

extension Schema {
    /// The attributes of a record with these values.
    /// - Throws: `ExchangeError` naming the field that does not fit.
    func encoded(_ values: [FieldValue]) throws -> [UInt8] {
        var writer = RecordWriter()
        do throws(RecordError) { try RecordEncoder(self).encode(values, to: &writer) } catch {
            throw ExchangeError("\(error)")
        }
        return writer.attributes
    }
}
