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
    if _isPOD(type) { return PlainCoding(byteCount: MemoryLayout<Value>.size) }
    if let own = type as? any OwnCoding.Type { return own.ownCoding }
    if let codable = type as? any Codable.Type { return codableCoding(codable) }
    return nil
}

private func eventCoding<E: Event>(_ type: E.Type) -> any ValueCoding { EventCoding<E>() }

private func codableCoding<C: Codable>(_ type: C.Type) -> any ValueCoding { CodableCoding<C>() }

private struct PlainCoding: ValueCoding {
    let byteCount: Int
    var plainByteCount: Int? { byteCount }

    func write(_ value: UnsafeRawPointer, _ encoder: inout StateEncoder) {
        encoder.put(UnsafeRawBufferPointer(start: value, count: byteCount))
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
        put(batch.keys == nil ? UInt8(0) : batch.keys?.arena == nil ? 1 : 2)
        put(batch.keepsSources)
        try batch.forEachMarkedRow { row, mark in
            put(batch.times.values[row])
            put(mark != nil)
            if let mark { put(mark.watermark.nanoseconds) }
            if batch.keepsSources { put(raw: batch.sourcePlace(row)) }
            if let keys = batch.keys {
                put(keys.hashes.values[row])
                keys.arena?.withKey(row) { put($0) }
            }
            try coding.write(batch.values.base + row * batch.values.element.stride, &self)
        }
    }
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

    /// The next batch, whose values have the type `element`. Its rows are dense: only the order of sequence numbers is kept.
    mutating func batch(of element: ValueType) throws -> Batch {
        guard let coding = element.coding else { throw StateNotWritable(.events, element.name) }
        let origin = Origin(stage: try integer(), partition: try integer())
        let (baseSequence, input): (UInt64, UInt8) = (try integer(), try integer())
        let watermark = Timestamp(nanoseconds: try integer())
        let count = Int(try integer(UInt64.self))
        let keyForm: UInt8 = try integer()
        let keepsSources = try bool()
        let sources = keepsSources ? Column<SourcePlace>(capacity: count) : nil
        let values = ValueColumn(element, capacity: count)
        let times = Column<Int64>(capacity: count)
        let hashes = Column<UInt64>(capacity: count)
        var arena = keyForm == 2 ? KeyArena(rowCount: count) : nil
        var behind: [BehindMark] = []
        for row in 0..<count {
            times.values[row] = try integer()
            if try bool() {
                behind.append(BehindMark(row: UInt32(row), watermark: Timestamp(nanoseconds: try integer())))
            }
            if let sources { sources.values[row] = try raw() }
            if keyForm > 0 { hashes.values[row] = try integer() }
            if keyForm == 2 { try data().withUnsafeBytes { arena?.append($0, row: row) } }
            try coding.read(&self, values.base + row * element.stride)
            values.setInitialized(count: row + 1)
        }
        var batch = Batch(
            origin: origin, baseSequence: baseSequence, rowCount: count, times: times, values: values,
            keys: keyForm == 0 ? nil : KeyColumn(hashes: hashes, arena: arena), behind: behind, watermark: watermark)
        batch.input = input
        (batch.sourcePlaces, batch.keepsSources) = (sources, keepsSources)
        return batch
    }
}
