public import PenstockEvents
internal import PenstockLog

/// How the events of a type become records of a topic and come back.
public struct EventCodec: Sendable {
    /// What the records hold.
    public let schema: Schema
    let element: ValueType
    let defect: String?
    private let isFixed: Bool
    private let write: @Sendable (Rows, UnsafeRawPointer, inout RecordWriter) -> Void
    private let read: @Sendable (RecordBatch, UnsafeMutableRawPointer) throws -> Void
    private let readOne: @Sendable (RecordBatch, Int, UnsafeMutableRawPointer) throws -> Void
    private let countInProgress: @Sendable (Rows, UnsafeRawPointer) -> Int

    /// The codec of an event type.
    public init<E: Event>(_ type: E.Type) {
        schema = E.schema
        element = ValueType(type)
        let fixed = type as? any FixedEvent.Type
        isFixed = fixed != nil
        defect = fixed?.layoutDefect
        write = { rows, values, records in
            let events = values.assumingMemoryBound(to: E.self)
            for k in 0..<rows.count { records.append(events[rows[k]]) }
        }
        read = { batch, target in
            let events = target.assumingMemoryBound(to: E.self)
            for k in 0..<batch.count {
                do {
                    (events + k).initialize(to: try batch.event(E.self, at: k))
                } catch {
                    events.deinitialize(count: k)
                    throw error
                }
            }
        }
        readOne = { batch, record, target in
            target.initializeMemory(as: E.self, to: try batch.event(E.self, at: record))
        }
        countInProgress = { rows, values in
            let events = values.assumingMemoryBound(to: E.self)
            var counted = 0
            for k in 0..<rows.count where events[rows[k]].countsInProgress { counted += 1 }
            return counted
        }
    }

    /// How many events of a batch progress counts.
    func progressCount(_ batch: Batch) -> Int { countInProgress(batch.rows, batch.values.base) }

    /// The events of a batch as records.
    func encode(_ batch: Batch) -> RecordBatchBuilder {
        var records = RecordBatchBuilder(schemaID: schema.id)
        let rows = batch.rows
        if isFixed, rows.indices == nil {
            records.append(
                block: UnsafeRawBufferPointer(start: batch.values.base, count: rows.count * element.stride),
                times: UnsafeBufferPointer(start: batch.times.values, count: rows.count),
                keyHashes: UnsafeBufferPointer(
                    start: batch.keys?.hashes.values, count: batch.keys == nil ? 0 : rows.count))
        } else {
            var writer = RecordWriter(expectedRecords: rows.count)
            write(rows, batch.values.base, &writer)
            var times: [Int64] = []
            var hashes: [UInt64] = []
            for k in 0..<rows.count {
                times.append(batch.times.values[rows[k]])
                if let keys = batch.keys { hashes.append(keys.hashes.values[rows[k]]) }
            }
            records.append(records: writer, times: times, keyHashes: hashes)
        }
        return records
    }

    /// The records of a batch as columns, and the records that are not what the schema says.
    func decode(_ records: RecordBatch) -> (values: ValueColumn, times: Column<Int64>, unreadable: [UnreadableRow]) {
        let values = ValueColumn(element, capacity: records.count)
        if isFixed, records.fixedAttributeBytes == element.stride {
            records.withAttributeBlock { values.base.copyMemory(from: $0.baseAddress!, byteCount: $0.count) }
        } else {
            do { try read(records, values.base) } catch { return decodeOneByOne(records) }
        }
        values.setInitialized(count: records.count)
        return (values, times(of: records), [])
    }

    private func decodeOneByOne(
        _ records: RecordBatch
    ) -> (values: ValueColumn, times: Column<Int64>, unreadable: [UnreadableRow]) {
        let values = ValueColumn(element, capacity: records.count)
        let rows = Column<UInt32>(capacity: records.count)
        var count = 0
        var unreadable: [UnreadableRow] = []
        for record in 0..<records.count {
            do {
                try readOne(records, record, values.base + record * element.stride)
                rows.values[count] = UInt32(record)
                count += 1
            } catch {
                unreadable.append(
                    UnreadableRow(
                        row: record, error: UndecodableRecord(schema: schema, error: error),
                        bytes: records.bytes(of: record)))
            }
        }
        values.setInitialized(count: records.count, live: Selection(rows, count: count))
        return (values, times(of: records), unreadable)
    }

    private func times(of records: RecordBatch) -> Column<Int64> {
        let times = Column<Int64>(capacity: records.count)
        records.withTimes { times.values.update(from: $0.baseAddress!, count: $0.count) }
        return times
    }
}

extension RecordBatch {
    /// The attributes of a record and then its payload.
    fileprivate func bytes(of record: Int) -> [UInt8] {
        var bytes = withAttributes(at: record) { Array($0) }
        if hasPayloads { payload(at: record).withUnsafeBytes { bytes.append(contentsOf: $0) } }
        return bytes
    }
}

/// A record of a topic that does not hold what its schema says.
private struct UndecodableRecord: EventDefect {
    let schema: Schema
    let error: any Error

    var summary: String { "a record cannot be read as \(schema.name)@\(schema.version): \(error)" }
    var hint: String? {
        "was it written by a program with another form of the type? With .onError(.skip) behind From(…) such records are left out"
    }
    var category: FailureCategory { .data }
}
