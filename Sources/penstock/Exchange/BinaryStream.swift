internal import PenstockEvents
internal import PenstockLog

/// The export format `penstock`: blocks, each with its checksum. All integers are little endian.
///
///     magic          8 bytes "PNSTKEXP", then u32 version 1
///     each block     u32 kind, u32 length of the body, body, u32 CRC-32C of kind, length and body
///     1 topic        text name, text schema, u32 partitions           (the first block)
///     2 records      u32 partition, u32 count, u32 keyed (0 or 1), i64[count] times, u64[count] key hashes where keyed,
///                    then for each record u32 attribute bytes, u32 payload bytes, u8 payload codec, attributes, payload
///     3 control      u32 partition, the control record as in a batch
///     4 end          u64 records, u64 control records                 (the last block)
///
/// Text is a u32 length in bytes, then UTF-8.
enum BinaryStream {
    static let magic = Array("PNSTKEXP".utf8)
    static let version: UInt32 = 1
    /// The largest body of a block; a block of records is closed at `blockBytes` or behind one larger record.
    static let bodyLimit = 512 << 20
    static let blockBytes = 1 << 20

    enum Kind: UInt32 {
        case topic = 1
        case records = 2
        case control = 3
        case end = 4
    }

    static func checksum(_ prefix: [UInt8], _ body: [UInt8]) -> UInt32 {
        let seed = prefix.withUnsafeBytes { CRC32C.checksum($0) }
        return body.withUnsafeBytes { CRC32C.checksum($0, seed: seed) }
    }
}

/// Writes the format `penstock`.
struct BinaryStreamWriter: ExchangeWriter {
    let header: ExchangeHeader
    let file: OutputFile
    private var records: UInt64 = 0
    private var controlRecords: UInt64 = 0

    init(_ header: ExchangeHeader, to file: OutputFile) {
        self.header = header
        self.file = file
    }

    mutating func begin() throws {
        var start = RecordWriter()
        BinaryStream.magic.withUnsafeBytes { start.append(bytes: $0) }
        start.append(BinaryStream.version)
        try file.write(start.attributes)
        var body = RecordWriter()
        body.append(header.topic)
        body.append("\(header.schema)")
        body.append(UInt32(header.partitions))
        try block(.topic, body)
    }

    mutating func write(_ batch: RecordBatch, partition: Int) throws {
        var first = 0
        while first < batch.count {
            var end = first
            var bytes = 0
            while end < batch.count, end == first || bytes < BinaryStream.blockBytes {
                bytes += batch.withAttributes(at: end) { $0.count } + batch.payload(at: end).count
                end += 1
            }
            try block(.records, body(batch, first..<end, partition: partition))
            first = end
        }
        records += UInt64(batch.count)
    }

    mutating func write(_ record: ControlRecord, partition: Int) throws {
        var body = RecordWriter()
        body.append(UInt32(partition))
        record.encoded().withUnsafeBytes { body.append(bytes: $0) }
        try block(.control, body)
        controlRecords += 1
    }

    mutating func end() throws {
        var body = RecordWriter()
        body.append(records)
        body.append(controlRecords)
        try block(.end, body)
    }

    private func body(_ batch: RecordBatch, _ range: Range<Int>, partition: Int) -> RecordWriter {
        var body = RecordWriter()
        body.append(UInt32(partition))
        body.append(UInt32(range.count))
        body.append(UInt32(batch.hasKeyHashes ? 1 : 0))
        batch.withTimes { times in for index in range { body.append(times[index]) } }
        if batch.hasKeyHashes { batch.withKeyHashes { hashes in for index in range { body.append(hashes[index]) } } }
        for index in range {
            let payload = batch.payload(at: index)
            batch.withAttributes(at: index) { attributes in
                body.append(UInt32(attributes.count))
                body.append(UInt32(payload.count))
                body.append(payload.codec.rawValue)
                body.append(bytes: attributes)
            }
            payload.withUnsafeBytes { body.append(bytes: $0) }
        }
        return body
    }

    private func block(_ kind: BinaryStream.Kind, _ body: consuming RecordWriter) throws {
        let bytes = body.attributes
        var prefix = RecordWriter()
        prefix.append(kind.rawValue)
        prefix.append(UInt32(bytes.count))
        var suffix = RecordWriter()
        suffix.append(BinaryStream.checksum(prefix.attributes, bytes))
        try file.write(prefix.attributes)
        try file.write(bytes)
        try file.write(suffix.attributes)
    }
}

/// Reads the format `penstock`.
struct BinaryStreamReader: ExchangeReader {
    private(set) var header: ExchangeHeader?
    private let stream: ByteStream
    private var block = 0
    private var blockStart = 0
    // Decoded and not given out, the next one last.
    private var ready: [ExchangeEntry] = []
    private var records: UInt64 = 0
    private var controlRecords: UInt64 = 0
    private var isAtEnd = false

    var place: String { "block \(block) at byte \(blockStart)" }

    init(_ stream: ByteStream) throws {
        self.stream = stream
        let start = try stream.bytes(12)
        guard start.prefix(8).elementsEqual(BinaryStream.magic), start.count == 12 else {
            throw ExchangeError("the file is no export of the format penstock", hint: "say --format csv or jsonl")
        }
        let version = Self.integer(UInt32.self, start[8...])
        guard version == BinaryStream.version else {
            throw ExchangeError(
                "the file is of export version \(version); this program reads 1", hint: "use a newer release")
        }
        let (kind, body) = try nextBlock()
        guard kind == .topic else { throw ExchangeError("the first block does not tell the topic") }
        header = try Self.reading(body) { reader throws(RecordError) in
            let (name, schema) = (try reader.readString(), try reader.readString())
            return (name, schema, Int(try reader.readInteger(UInt32.self)))
        }.map { name, schema, partitions in
            ExchangeHeader(topic: name, schema: try ExchangeHeader.schema(schema), partitions: partitions)
        }
    }

    mutating func next(_ schema: Schema) throws -> ExchangeEntry? {
        while ready.isEmpty, !isAtEnd {
            let (kind, body) = try nextBlock()
            switch kind {
            case .topic: throw ExchangeError("a second block that tells the topic")
            case .records: try takeRecords(body)
            case .control: try takeControl(body)
            case .end: try takeEnd(body)
            }
        }
        return ready.popLast()
    }

    private mutating func nextBlock() throws -> (BinaryStream.Kind, [UInt8]) {
        block += 1
        blockStart = stream.position
        let prefix = try stream.bytes(8)
        guard prefix.count == 8 else { throw ExchangeError("the file ends before its end block; it was cut off") }
        let length = Int(Self.integer(UInt32.self, prefix[4...]))
        guard length <= BinaryStream.bodyLimit else { throw ExchangeError("the block claims \(length) bytes") }
        let body = try stream.bytes(length)
        let suffix = try stream.bytes(4)
        guard suffix.count == 4 else { throw ExchangeError("the file ends inside of a block; it was cut off") }
        guard Self.integer(UInt32.self, suffix[...]) == BinaryStream.checksum(prefix, body) else {
            throw ExchangeError("the block's checksum is wrong", hint: "copy or export the file again")
        }
        let number = Self.integer(UInt32.self, prefix[...])
        guard let kind = BinaryStream.Kind(rawValue: number) else { throw ExchangeError("a block of kind \(number)") }
        return (kind, body)
    }

    private mutating func takeRecords(_ body: [UInt8]) throws {
        let entries = try Self.reading(body) { reader throws(RecordError) in
            let partition = Int(try reader.readInteger(UInt32.self))
            let count = Int(try reader.readInteger(UInt32.self))
            let isKeyed = try reader.readInteger(UInt32.self) != 0
            guard count * 16 <= body.count else { throw .tooShort(needed: count * 16, available: body.count) }
            var times: [Int64] = []
            for _ in 0..<count { times.append(try reader.readInteger()) }
            var hashes: [UInt64] = []
            if isKeyed { for _ in 0..<count { hashes.append(try reader.readInteger()) } }
            var entries: [ExchangeEntry] = []
            for index in 0..<count {
                let lengths = (Int(try reader.readInteger(UInt32.self)), Int(try reader.readInteger(UInt32.self)))
                let codec = PayloadCodec(rawValue: try reader.readInteger(UInt8.self))
                let attributes = try reader.readBytes(lengths.0)
                var payload = try reader.readBytes(lengths.1).withUnsafeBytes { Payload(copying: $0) }
                payload.codec = codec
                entries.append(
                    .record(
                        ExchangeRecord(
                            partition: partition, time: Timestamp(nanoseconds: times[index]),
                            keyHash: isKeyed ? hashes[index] : nil, attributes: attributes, payload: payload)))
            }
            return entries
        }
        records += UInt64(entries?.count ?? 0)
        ready = (entries ?? []).reversed()
    }

    private mutating func takeControl(_ body: [UInt8]) throws {
        guard body.count >= 4 else { throw ExchangeError("a control block of \(body.count) bytes") }
        let partition = Int(Self.integer(UInt32.self, body[...]))
        do {
            let record = try body[4...].withUnsafeBytes { try ControlRecord(decoding: $0) }
            ready = [.control(record, partition: partition)]
        } catch {
            throw ExchangeError("\(error)")
        }
        controlRecords += 1
    }

    private mutating func takeEnd(_ body: [UInt8]) throws {
        let counts = try Self.reading(body) { reader throws(RecordError) -> (UInt64, UInt64) in
            (try reader.readInteger(UInt64.self), try reader.readInteger(UInt64.self))
        }
        guard let counts, counts == (records, controlRecords) else {
            throw ExchangeError("the end block counts other numbers of records than there were")
        }
        isAtEnd = true
    }

    /// Reads a body to its last byte.
    private static func reading<Result>(
        _ body: [UInt8], _ read: (inout RecordReader) throws(RecordError) -> Result
    ) throws -> Result? {
        do {
            return try body.withUnsafeBytes { bytes in
                var reader = RecordReader(attributes: bytes, payload: .empty)
                let result = try read(&reader)
                guard reader.remaining == 0 else { throw RecordError.trailingBytes(reader.remaining) }
                return result
            }
        } catch {
            throw ExchangeError("\(error)")
        }
    }

    private static func integer<Value: FixedWidthInteger & BitwiseCopyable>(
        _ type: Value.Type, _ bytes: ArraySlice<UInt8>
    ) -> Value {
        Value(littleEndian: bytes.withUnsafeBytes { $0.loadUnaligned(as: Value.self) })
    }
}
