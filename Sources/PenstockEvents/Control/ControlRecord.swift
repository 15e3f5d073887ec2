/// A record that is not an event: it stands in a partition between the events, in their order, and every replay sees it again.
public enum ControlRecord: Sendable, Hashable {
    /// "No later record of this partition has a time at or before this one."
    case timeMark(Timestamp)
    /// A scan begins; what is known about it in advance.
    case scanStart(ScanStart)
    /// A producer has written all events of a scan.
    case scanEnd(ScanEnd)
    /// Nothing follows in this partition, ever.
    case endOfStream
    /// The log's own: a producer that numbers its records has this number from here on.
    case producer(ProducerRegistration)
    /// The log's own: rows of a transaction follow.
    case transactionBegin(TransactionBegin)
    /// The log's own: the rows of the transaction before this record are valid.
    case transactionCommit(TransactionID)
    /// The log's own: the rows of the transaction before this record are not.
    case transactionAbort(TransactionID)

    /// Whether the log writes this record for itself. Readers pass over these, and nobody else may append them.
    public var belongsToLog: Bool {
        switch self {
        case .timeMark, .scanStart, .scanEnd, .endOfStream: false
        case .producer, .transactionBegin, .transactionCommit, .transactionAbort: true
        }
    }
}

/// The beginning of a scan.
public struct ScanStart: Sendable, Hashable {
    /// The scan's identity.
    public let scan: ScanID
    /// What the source knows about the scan, by name: file, shape, number of projections. Keys are written in sorted order.
    public let properties: [String: String]

    /// The beginning of a scan.
    public init(scan: ScanID, properties: [String: String] = [:]) {
        self.scan = scan
        self.properties = properties
    }
}

/// The end of a scan: a count, not a time-out.
public struct ScanEnd: Sendable, Hashable {
    /// The scan's identity.
    public let scan: ScanID
    /// The number of events of the scan that its producer wrote to this partition.
    public let eventCount: UInt64

    /// The end of a scan.
    public init(scan: ScanID, eventCount: UInt64) {
        self.scan = scan
        self.eventCount = eventCount
    }
}

/// The identity of a scan: the number that its recorder gave it, unique in its topic.
public struct ScanID: Sendable, Hashable, Comparable, BitwiseCopyable, CustomStringConvertible {
    /// The number, from 1.
    public let number: UInt64

    /// The scan with this number.
    public init(_ number: UInt64) { self.number = number }

    /// The number in decimal digits.
    public var description: String { String(number) }

    /// By number, which is the order of recording.
    public static func < (a: ScanID, b: ScanID) -> Bool { a.number < b.number }
}

extension ControlRecord {
    /// Writes the record as attribute bytes: one byte of kind, then its fields.
    public func encoded() -> [UInt8] {
        var writer = RecordWriter()
        switch self {
        case .timeMark(let time):
            writer.append(UInt8(1))
            writer.append(time.nanoseconds)
        case .scanStart(let start):
            writer.append(UInt8(2))
            writer.append(start.scan.number)
            writer.append(UInt32(start.properties.count))
            for (name, value) in start.properties.sorted(by: { $0.key.utf8.lexicographicallyPrecedes($1.key.utf8) }) {
                writer.append(name)
                writer.append(value)
            }
        case .scanEnd(let end):
            writer.append(UInt8(3))
            writer.append(end.scan.number)
            writer.append(end.eventCount)
        case .endOfStream:
            writer.append(UInt8(4))
        case .producer(let producer):
            writer.append(UInt8(5))
            writer.append(producer.id)
            writer.append(producer.epoch)
            writer.append(producer.name)
        case .transactionBegin(let begin):
            writer.append(UInt8(6))
            writer.append(begin.id)
            writer.append(begin.homeTopic)
            writer.append(begin.homePartition)
            writer.append(begin.homeOffset)
            writer.append(begin.homeEpoch)
        case .transactionCommit(let id):
            writer.append(UInt8(7))
            writer.append(id)
        case .transactionAbort(let id):
            writer.append(UInt8(8))
            writer.append(id)
        }
        return writer.attributes
    }

    /// Reads what `encoded` wrote.
    /// - Throws: `RecordError` where the bytes are not a control record, or one of a newer kind.
    public init(decoding bytes: UnsafeRawBufferPointer) throws(RecordError) {
        var reader = RecordReader(attributes: bytes, payload: .empty)
        switch try reader.readInteger(UInt8.self) {
        case 1:
            self = .timeMark(Timestamp(nanoseconds: try reader.readInteger()))
        case 2:
            let scan = ScanID(try reader.readInteger())
            var properties: [String: String] = [:]
            for _ in 0..<(try reader.readInteger(UInt32.self)) {
                let name = try reader.readString()
                let replaced = properties.updateValue(try reader.readString(), forKey: name)
                guard replaced == nil else { throw .invalidField("two properties of a scan are named \(name)") }
            }
            self = .scanStart(ScanStart(scan: scan, properties: properties))
        case 3:
            self = .scanEnd(ScanEnd(scan: ScanID(try reader.readInteger()), eventCount: try reader.readInteger()))
        case 4:
            self = .endOfStream
        case 5:
            self = .producer(
                ProducerRegistration(
                    id: try reader.readInteger(), epoch: try reader.readInteger(), name: try reader.readString()))
        case 6:
            self = .transactionBegin(
                TransactionBegin(
                    id: try reader.readTransactionID(), homeTopic: try reader.readString(),
                    homePartition: try reader.readInteger(), homeOffset: try reader.readInteger(),
                    homeEpoch: try reader.readInteger()))
        case 7:
            self = .transactionCommit(try reader.readTransactionID())
        case 8:
            self = .transactionAbort(try reader.readTransactionID())
        case let kind:
            throw .invalidField("control record of kind \(kind)")
        }
        guard reader.remaining == 0 else { throw .trailingBytes(reader.remaining) }
    }
}

extension RecordWriter {
    fileprivate mutating func append(_ id: TransactionID) {
        append(id.high)
        append(id.low)
    }
}

extension RecordReader {
    fileprivate mutating func readTransactionID() throws(RecordError) -> TransactionID {
        TransactionID(high: try readInteger(), low: try readInteger())
    }
}
