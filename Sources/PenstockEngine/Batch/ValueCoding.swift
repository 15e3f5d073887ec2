internal import Foundation
internal import PenstockEvents

/// How values of a type are written into a checkpoint and come back.
@usableFromInline protocol ValueCoding: Sendable {
    /// Writes a value.
    func write(_ value: UnsafeRawPointer, _ encoder: inout StateEncoder) throws

    /// Initialises a value from what was written.
    func read(_ decoder: inout StateDecoder, _ target: UnsafeMutableRawPointer) throws

    /// The bytes of a value that is written as they lie in memory; nil for others.
    var plainByteCount: Int? { get }
}

extension ValueCoding {
    @usableFromInline var plainByteCount: Int? { nil }
}

/// The coding of `type`, or nil where it is neither an event, written as its record, nor plain, written as its bytes, nor `Codable`, written
/// as a binary property list, nor made of such values by one of the types of `OwnCoding`.
@usableFromInline func valueCoding<Value>(of type: Value.Type) -> (any ValueCoding)? {
    if let event = type as? any Event.Type { return eventCoding(event) }
    if _isPOD(type) { return PlainCoding(type) }
    if let own = type as? any OwnCoding.Type { return own.ownCoding }
    if let codable = type as? any Codable.Type { return codableCoding(codable) }
    return nil
}

private func eventCoding<E: Event>(_ type: E.Type) -> any ValueCoding { EventCoding<E>() }

private func codableCoding<C: Codable>(_ type: C.Type) -> any ValueCoding { CodableCoding<C>() }

private struct PlainCoding: ValueCoding {
    private let byteCount: Int
    private let padding: [Range<Int>]

    init<Value>(_ type: Value.Type) {
        byteCount = MemoryLayout<Value>.size
        padding = paddingBytes(of: type)
    }

    var plainByteCount: Int? { padding.isEmpty ? byteCount : nil }

    func write(_ value: UnsafeRawPointer, _ encoder: inout StateEncoder) {
        let memory = UnsafeRawBufferPointer(start: value, count: byteCount)
        guard !padding.isEmpty else { return encoder.put(memory) }
        // Equal values are written alike.
        var bytes = Array(memory)
        for range in padding { for at in range { bytes[at] = 0 } }
        encoder.put(bytes)
    }

    func read(_ decoder: inout StateDecoder, _ target: UnsafeMutableRawPointer) throws {
        let bytes = try decoder.data()
        guard bytes.count == byteCount else { throw StateDamaged() }
        bytes.withUnsafeBytes { bytes in
            if let base = bytes.baseAddress { target.copyMemory(from: base, byteCount: byteCount) }
        }
    }
}

private struct EventCoding<E: Event>: ValueCoding {
    func write(_ value: UnsafeRawPointer, _ encoder: inout StateEncoder) {
        var records = RecordWriter(expectedRecords: 1)
        records.append(value.assumingMemoryBound(to: E.self).pointee)
        encoder.put(records.attributes)
        encoder.put(records.payloads[0])
    }

    func read(_ decoder: inout StateDecoder, _ target: UnsafeMutableRawPointer) throws {
        let attributes = Array(try decoder.data())
        let payload = try decoder.payload()
        let event = try attributes.withUnsafeBytes { bytes in
            var reader = RecordReader(attributes: bytes, payload: payload)
            return try E(reading: &reader)
        }
        target.initializeMemory(as: E.self, to: event)
    }
}

private struct CodableCoding<C: Codable>: ValueCoding {
    func write(_ value: UnsafeRawPointer, _ encoder: inout StateEncoder) throws {
        let plist = PropertyListEncoder()
        plist.outputFormat = .binary
        // A list of one, since a property list cannot be a bare number.
        encoder.put(try plist.encode([value.assumingMemoryBound(to: C.self).pointee]))
    }

    func read(_ decoder: inout StateDecoder, _ target: UnsafeMutableRawPointer) throws {
        let values = try PropertyListDecoder().decode([C].self, from: Data(try decoder.data()))
        guard values.count == 1 else { throw StateDamaged() }
        target.initializeMemory(as: C.self, to: values[0])
    }
}

extension StateEncoder {
    /// Appends a payload with its codec.
    mutating func put(_ payload: Payload) {
        put(payload.codec.rawValue)
        payload.withUnsafeBytes { put($0) }
    }

    /// Appends the rows of a batch that count, with their times, keys and marks.
    /// - Throws: `StateNotWritable` where the type of the values has no coding, or what the coding throws.
    mutating func put(_ batch: Batch) throws {
        guard let coding = batch.values.element.coding else {
            throw StateNotWritable(.events, batch.values.element.name)
        }
        put(batch.origin.stage)
        put(batch.origin.partition)
        put(batch.baseSequence)
        put(batch.input)
        put(batch.watermark.nanoseconds)
        put(UInt64(batch.count))
        let placeKeys = batch.placeKeys.flatMap { $0.isSame(as: batch.keys) ? nil : $0 }
        put(form(of: batch.keys))
        put(batch.placeKeys != nil && placeKeys == nil ? UInt8(3) : form(of: placeKeys))
        put(batch.keepsSources)
        try batch.forEachMarkedRow { row, mark in
            put(batch.times.values[row])
            put(batch.sequence(row))
            put(mark != nil)
            if let mark { put(mark.watermark.nanoseconds) }
            if batch.keepsSources { put(raw: batch.sourcePlace(row)) }
            if let keys = batch.keys { put(keys, row) }
            if let placeKeys { put(placeKeys, row) }
            try coding.write(batch.values.base + row * batch.values.element.stride, &self)
        }
    }
}

extension StateEncoder {
    private func form(of keys: KeyColumn?) -> UInt8 { keys == nil ? 0 : keys?.arena == nil ? 1 : 2 }

    private mutating func put(_ keys: KeyColumn, _ row: Int) {
        put(keys.hashes.values[row])
        keys.arena?.withKey(row) { put($0) }
    }
}

/// The keys of rows that are read one after the other.
private struct KeysOfRows {
    private let hashes: Column<UInt64>
    private var arena: KeyArena?

    /// Keys of the form that was written; nil for none.
    init?(form: UInt8, rowCount: Int) {
        guard form == 1 || form == 2 else { return nil }
        hashes = Column(capacity: rowCount)
        arena = form == 2 ? KeyArena(rowCount: rowCount) : nil
    }

    mutating func read(_ row: Int, _ decoder: inout StateDecoder) throws {
        hashes.values[row] = try decoder.integer()
        guard arena != nil else { return }
        try decoder.data().withUnsafeBytes { arena?.append($0, row: row) }
    }

    var column: KeyColumn { KeyColumn(hashes: hashes, arena: arena) }
}

extension StateDecoder {
    /// The next payload.
    mutating func payload() throws -> Payload {
        let codec: PayloadCodec.RawValue = try integer()
        let bytes = try data()
        var payload = bytes.withUnsafeBytes { Payload(copying: $0) }
        payload.codec = PayloadCodec(rawValue: codec)
        return payload
    }

    /// The next batch, whose values have the type `element`.
    mutating func batch(of element: ValueType) throws -> Batch {
        guard let coding = element.coding else { throw StateNotWritable(.events, element.name) }
        let origin = Origin(stage: try integer(), partition: try integer())
        let (baseSequence, input): (UInt64, UInt8) = (try integer(), try integer())
        let watermark = Timestamp(nanoseconds: try integer())
        let count = Int(try integer(UInt64.self))
        let (keyForm, placeForm): (UInt8, UInt8) = (try integer(), try integer())
        let keepsSources = try bool()
        let sources = keepsSources ? Column<SourcePlace>(capacity: count) : nil
        let values = ValueColumn(element, capacity: count)
        let times = Column<Int64>(capacity: count)
        let numbers = Column<UInt64>(capacity: count)
        var keys = KeysOfRows(form: keyForm, rowCount: count)
        var placeKeys = KeysOfRows(form: placeForm, rowCount: count)
        var behind: [BehindMark] = []
        for row in 0..<count {
            times.values[row] = try integer()
            numbers.values[row] = try integer()
            if try bool() {
                behind.append(BehindMark(row: UInt32(row), watermark: Timestamp(nanoseconds: try integer())))
            }
            if let sources { sources.values[row] = try raw() }
            try keys?.read(row, &self)
            try placeKeys?.read(row, &self)
            try coding.read(&self, values.base + row * element.stride)
            values.setInitialized(count: row + 1)
        }
        var batch = Batch(
            origin: origin, baseSequence: baseSequence, rowCount: count, times: times, values: values,
            keys: keys?.column, behind: behind, watermark: watermark)
        batch.placeKeys = placeForm == 3 ? batch.keys : placeKeys?.column
        batch.numbers = numbers
        batch.input = input
        (batch.sourcePlaces, batch.keepsSources) = (sources, keepsSources)
        return batch
    }
}
