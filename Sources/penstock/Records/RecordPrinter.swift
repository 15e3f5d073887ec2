internal import ArgumentParser
internal import PenstockEvents
internal import PenstockLog

/// What is shown of payloads.
enum PayloadStyle: String, ExpressibleByArgument, CaseIterable {
    case none
    case length
    case hex
}

/// Records as a table or as lines of JSON.
struct RecordPrinter {
    private let decoder: RecordDecoder
    private let shown: [Int]
    private let payload: PayloadStyle
    private let showsPartition: Bool
    private var table: TextTable?

    /// - Parameter fields: the fields that are shown; nil for all.
    /// - Throws: `CommandError` where the schema has no field of a name.
    init(_ topic: TopicDescription, fields: [String]?, payload: PayloadStyle?, json: Bool) throws {
        let schema = topic.schema
        decoder = RecordDecoder(schema)
        shown =
            try fields.map { try Self.indices(of: $0, in: schema, topic: topic.name) } ?? Array(schema.fields.indices)
        self.payload = payload ?? (schema.payload == nil && !json ? .none : .length)
        showsPartition = topic.configuration.partitions > 1
        guard !json else { return }
        var columns = showsPartition ? [TextTable.Column("PARTITION", .right)] : []
        columns += [.init("OFFSET", .right), .init("TIME"), .init("KEY HASH")]
        columns += shown.map { index in
            let field = schema.fields[index]
            let isText = field.element == .string || field.element == .bytes || !field.shape.isEmpty
            return .init(field.name + (field.unit.map { " (\($0))" } ?? ""), isText ? .left : .right)
        }
        if self.payload != .none { columns.append(.init(schema.payload?.name ?? "payload")) }
        table = TextTable(columns)
    }

    private static func indices(of names: [String], in schema: Schema, topic: String) throws -> [Int] {
        try names.map { name in
            guard let index = schema.fields.firstIndex(where: { $0.name == name }) else {
                throw CommandError(
                    .usage, "the records of \(topic) have no field \(name)",
                    hint: "their fields are \(schema.fields.map(\.name).joined(separator: ", "))")
            }
            return index
        }
    }

    /// Prints the records `range` of a batch.
    /// - Throws: `CommandError` where a record does not hold what the schema says.
    mutating func print(_ records: RecordBatch, _ range: Range<Int>, partition: TopicPartition) throws {
        for index in range {
            let offset = records.baseOffset + UInt64(index)
            let values: [FieldValue]
            do {
                values = try records.withAttributes(at: index) { try decoder.decode($0) }
            } catch {
                throw CommandError(
                    .data, "offset \(offset) of \(partition) does not hold what its schema says: \(error)",
                    hint:
                        "the bytes are as they were written: the writer's type and the schema \(decoder.schema) disagree"
                )
            }
            let hash = records.hasKeyHashes ? records.withKeyHashes { $0[index] } : nil
            let record = PrintedRecord(
                partition: partition.partition, offset: offset, time: records.time(at: index), keyHash: hash,
                values: shown.map { values[$0] }, payload: records.payload(at: index))
            guard table != nil else {
                try StandardOutput.shared.print(json(record).compact)
                continue
            }
            let cells = cells(record)
            try table?.add(cells)
        }
    }

    /// Prints a control record.
    mutating func print(_ record: ControlRecord, offset: UInt64, partition: TopicPartition) throws {
        guard table != nil else {
            let line = JSON.members([
                "partition": .number(partition.partition), "offset": .number(offset),
                "control": ControlText.json(record),
            ])
            return try StandardOutput.shared.print(line.compact)
        }
        let place = place(partition.partition, offset)
        try table?.add(place, remark: "-- \(ControlText.text(record)) --")
    }

    /// Prints what is held back for its columns' widths.
    mutating func flush() throws { try table?.flush() }

    private struct PrintedRecord {
        let partition: Int
        let offset: UInt64
        let time: Timestamp
        let keyHash: UInt64?
        let values: [FieldValue]
        let payload: Payload
    }

    private func place(_ partition: Int, _ offset: UInt64) -> [String] {
        (showsPartition ? ["\(partition)"] : []) + ["\(offset)"]
    }

    private func cells(_ record: PrintedRecord) -> [String] {
        var cells = place(record.partition, record.offset)
        cells += [record.time.iso8601, record.keyHash.map(TopicText.hexadecimal) ?? "-"]
        cells += record.values.map { Self.printable(FieldText.text($0)) }
        switch payload {
        case .none: break
        case .length:
            let codec = record.payload.codec == .raw ? "" : " \(record.payload.codec)"
            cells.append(ByteCount.text(record.payload.count) + codec)
        case .hex: cells.append(Self.hexadecimal(record.payload))
        }
        return cells
    }

    private func json(_ record: PrintedRecord) -> JSON {
        let names = shown.map { decoder.schema.fields[$0].name }
        let fields = zip(names, record.values).map { JSON.Member($0, FieldText.json($1)) }
        return .members([
            "partition": .number(record.partition), "offset": .number(record.offset),
            "time": .text(record.time.iso8601), "time_ns": .number(record.time.nanoseconds),
            "key_hash": record.keyHash.map { .text(TopicText.hexadecimal($0)) }, "fields": .object(fields),
            "payload_bytes": payload == .none ? nil : .number(record.payload.count),
            "payload_codec": record.payload.codec == .raw ? nil : .text("\(record.payload.codec)"),
            "payload_hex": payload == .hex ? .text(Self.hexadecimal(record.payload)) : nil,
        ])
    }

    // A line of the table stays one line, and control sequences in the data do not reach the terminal.
    private static func printable(_ text: String) -> String {
        guard text.unicodeScalars.contains(where: { $0.value < 0x20 || $0.value == 0x7F }) else { return text }
        return JSON.text(text).compact
    }

    private static func hexadecimal(_ payload: Payload) -> String {
        payload.withUnsafeBytes { bytes in
            var text = ""
            text.reserveCapacity(2 * bytes.count)
            for byte in bytes {
                if byte < 16 { text += "0" }
                text += String(byte, radix: 16)
            }
            return text
        }
    }
}
