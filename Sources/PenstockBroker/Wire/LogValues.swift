internal import PenstockEvents
internal import PenstockLog

/// The log's values in messages: their fields, one behind the other.
extension Timestamp: WireValue {
    func write(to message: inout WireWriter) { message.put(nanoseconds) }
    init(from message: inout WireReader) throws(WireError) { self.init(nanoseconds: try message.take()) }
}

extension Schema: WireValue {
    func write(to message: inout WireWriter) { message.put(description) }
    init(from message: inout WireReader) throws(WireError) {
        let text: String = try message.take()
        do { try self.init(parsing: text) } catch { throw WireError("\(error)") }
    }
}

extension TopicPartition: WireValue {
    func write(to message: inout WireWriter) {
        message.put(topic)
        message.put(partition)
    }
    init(from message: inout WireReader) throws(WireError) { self.init(try message.take(), try message.take()) }
}

extension TransactionID: WireValue {
    func write(to message: inout WireWriter) {
        message.put(high)
        message.put(low)
    }
    init(from message: inout WireReader) throws(WireError) {
        self.init(high: try message.take(), low: try message.take())
    }
}

extension Durability: WireValue {
    func write(to message: inout WireWriter) { message.put(rawValue) }
    init(from message: inout WireReader) throws(WireError) { self = try message.named("a durability class") }
}

extension BatchCodec: WireValue {
    func write(to message: inout WireWriter) { message.put(rawValue) }
    init(from message: inout WireReader) throws(WireError) { self = try message.named("a codec") }
}

extension WireReader {
    fileprivate mutating func named<Value: RawRepresentable<String>>(_ what: String) throws(WireError) -> Value {
        let name: String = try take()
        guard let value = Value(rawValue: name) else { throw WireError("\(name) is not \(what)") }
        return value
    }
}

extension Retention: WireValue {
    func write(to message: inout WireWriter) {
        message.put(bytes)
        message.put(age.map { Int64($0.components.seconds) })
        message.put(age.map { $0.components.attoseconds / 1_000_000_000 })
        message.put(untilConsumedBy)
    }
    init(from message: inout WireReader) throws(WireError) {
        let bytes: Int? = try message.take()
        let (seconds, nanoseconds): (Int64?, Int64?) = (try message.take(), try message.take())
        self.init(
            bytes: bytes, age: seconds.map { .seconds($0) + .nanoseconds(nanoseconds ?? 0) },
            untilConsumedBy: try message.take())
    }
}

extension TopicConfiguration: WireValue {
    func write(to message: inout WireWriter) {
        message.put(partitions)
        message.put(durability)
        message.put(segmentBytes)
        message.put(retention)
        message.put(compactionKey)
        message.put(codec)
    }
    init(from message: inout WireReader) throws(WireError) {
        self.init(
            partitions: try message.take(), durability: try message.take(), segmentBytes: try message.take(),
            retention: try message.take(), compactionKey: try message.take(), codec: try message.take())
    }
}

extension TopicChange: WireValue {
    func write(to message: inout WireWriter) {
        message.put(retention)
        message.put(durability)
        message.put(segmentBytes)
        message.put(codec)
    }
    init(from message: inout WireReader) throws(WireError) {
        self.init(
            retention: try message.take(), durability: try message.take(), segmentBytes: try message.take(),
            codec: try message.take())
    }
}

extension TopicDescription: WireValue {
    func write(to message: inout WireWriter) {
        message.put(name)
        message.put(schema)
        message.put(configuration)
        message.put(partitions)
    }
    init(from message: inout WireReader) throws(WireError) {
        self.init(
            name: try message.take(), schema: try message.take(), configuration: try message.take(),
            partitions: try message.take())
    }
}

extension TopicDescription.Partition: WireValue {
    func write(to message: inout WireWriter) {
        message.put(number)
        message.put(firstOffset)
        message.put(nextOffset)
        message.put(segments)
        message.put(byteCount)
        message.put(lastAppendTime)
        message.put(eventTimes?.lowerBound)
        message.put(eventTimes?.upperBound)
        message.put(isEnded)
    }
    init(from message: inout WireReader) throws(WireError) {
        let (number, first, next): (Int, UInt64, UInt64) = (
            try message.take(), try message.take(), try message.take()
        )
        let (segments, bytes): (Int, Int) = (try message.take(), try message.take())
        let last: Timestamp? = try message.take()
        let (earliest, latest): (Timestamp?, Timestamp?) = (try message.take(), try message.take())
        var times: ClosedRange<Timestamp>?
        if let earliest, let latest {
            guard earliest <= latest else { throw WireError("event times end before they begin") }
            times = earliest...latest
        }
        self.init(
            number: number, firstOffset: first, nextOffset: next, segments: segments, byteCount: bytes,
            lastAppendTime: last, eventTimes: times, isEnded: try message.take())
    }
}

extension PartitionOwner: WireValue {
    func write(to message: inout WireWriter) {
        message.put(process)
        message.put(host)
        message.put(epoch)
    }
    init(from message: inout WireReader) throws(WireError) {
        self.init(process: try message.take(), host: try message.take(), epoch: try message.take())
    }
}

extension ProducerStamp: WireValue {
    func write(to message: inout WireWriter) {
        message.put(producer)
        message.put(epoch)
        message.put(firstSequence)
    }
    init(from message: inout WireReader) throws(WireError) {
        self.init(producer: try message.take(), epoch: try message.take(), firstSequence: try message.take())
    }
}

extension ProducerSession: WireValue {
    func write(to message: inout WireWriter) {
        message.put(partition)
        message.put(name)
        message.put(id)
        message.put(epoch)
        message.put(nextSequence)
    }
    init(from message: inout WireReader) throws(WireError) {
        self.init(
            partition: try message.take(), name: try message.take(), id: try message.take(),
            epoch: try message.take(), nextSequence: try message.take())
    }
}

extension Acknowledgement: WireValue {
    func write(to message: inout WireWriter) {
        message.put(firstOffset)
        message.put(count)
        message.put(durability)
        message.put(isDuplicate)
        message.put(knowsOffset)
    }
    init(from message: inout WireReader) throws(WireError) {
        self.init(
            firstOffset: try message.take(), count: try message.take(), durability: try message.take(),
            isDuplicate: try message.take(), knowsOffset: try message.take())
    }
}

extension GroupPositions: WireValue {
    func write(to message: inout WireWriter) {
        message.put(group)
        message.put(partitions)
        message.put(partitions.map { self[$0] ?? 0 })
    }
    init(from message: inout WireReader) throws(WireError) {
        let group: String = try message.take()
        let (partitions, offsets): ([TopicPartition], [UInt64]) = (try message.take(), try message.take())
        guard partitions.count == offsets.count else { throw WireError("positions are missing") }
        self.init(group: group, offsets: Dictionary(zip(partitions, offsets)) { _, last in last })
    }
}

extension ReadPosition: WireValue {
    func write(to message: inout WireWriter) {
        switch self {
        case .offset(let offset):
            message.put(UInt8(0))
            message.put(offset)
        case .earliest: message.put(UInt8(1))
        case .end: message.put(UInt8(2))
        case .time(let time):
            message.put(UInt8(3))
            message.put(time)
        }
    }
    init(from message: inout WireReader) throws(WireError) {
        switch try message.take(UInt8.self) {
        case 0: self = .offset(try message.take())
        case 1: self = .earliest
        case 2: self = .end
        case 3: self = .time(try message.take())
        case let other: throw WireError("\(other) is no position to read from")
        }
    }
}

extension RecordParts: WireValue {
    func write(to message: inout WireWriter) { message.put(self == .everything) }
    init(from message: inout WireReader) throws(WireError) {
        self = try message.take(Bool.self) ? .everything : .attributes
    }
}

extension PayloadSelection: WireValue {
    func write(to message: inout WireWriter) {
        switch self {
        case .all: message.put(UInt8(0))
        case .range(let range):
            message.put(UInt8(1))
            message.put(range)
        case .strided(let start, let length, let stride, let count):
            message.put(UInt8(2))
            for number in [start, length, stride, count] { message.put(number) }
        case .list(let ranges):
            message.put(UInt8(3))
            message.put(ranges)
        }
    }
    init(from message: inout WireReader) throws(WireError) {
        switch try message.take(UInt8.self) {
        case 0: self = .all
        case 1: self = .range(try message.take())
        case 2:
            self = .strided(
                start: try message.take(), length: try message.take(), stride: try message.take(),
                count: try message.take())
        case 3: self = .list(try message.take())
        case let other: throw WireError("\(other) is no selection of payloads")
        }
    }
}

extension LogError: WireValue {
    func write(to message: inout WireWriter) {
        message.put(code.rawValue)
        message.put(summary)
        message.put(hint)
        message.put(place.partition)
        message.put(place.offsets)
        message.put(place.file)
        message.put(place.position)
        message.put(place.sequence)
        message.put(place.broker)
    }
    init(from message: inout WireReader) throws(WireError) {
        // What a newer broker calls by another name is a failure all the same.
        let code = Code(rawValue: try message.take()) ?? .storage
        let (summary, hint): (String, String?) = (try message.take(), try message.take())
        var place = Place()
        place.partition = try message.take()
        place.offsets = try message.take()
        place.file = try message.take()
        place.position = try message.take()
        place.sequence = try message.take()
        place.broker = try message.take()
        self.init(code, summary, hint: hint, place: place)
    }
}
