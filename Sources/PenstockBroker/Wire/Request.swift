internal import PenstockEvents
internal import PenstockLog

/// What a client asks of a broker. Every request but `ping` has one answer under its number.
///
/// Writers, readers, groups, seats and transactions are named by numbers that the client chooses, each from 1 for a connection.
enum Request: Sendable {
    /// The first of a connection.
    case hello(Hello)
    /// Nothing: that the client is there.
    case ping
    /// A way over a fabric, where the broker has one. The client makes a second connection by it, on which it need not say hello; both
    /// end together.
    case fabric

    case createTopic(String, Schema, TopicConfiguration)
    case openTopic(String, Schema, TopicConfiguration)
    case topics
    case describe(String)
    case owners(topic: String)
    case alterTopic(String, TopicChange)
    case truncate(TopicPartition, before: UInt64)
    case deleteTopic(String)
    case recover(TopicPartition)

    case openWriter(UInt32, TopicPartition, WriterSharing)
    case openProducer(writer: UInt32, name: String)
    /// The payload is the batch's stored body.
    case append(Append)
    case closeWriter(UInt32)

    case openReader(UInt32, TopicPartition, ReadPosition, RecordParts)
    case fetch(Fetch)
    case nextControl(reader: UInt32, from: UInt64)
    case skipDamage(reader: UInt32, at: UInt64)
    case payloads(reader: UInt32, offsets: [UInt64], PayloadSelection)
    case closeReader(UInt32)

    case openGroup(UInt32, String)
    case commit(group: UInt32, [TopicPartition], [UInt64])
    case closeGroup(UInt32)
    case positions(group: String)
    case groups
    case deleteGroup(String)

    case joinGroup(seat: UInt32, String, JoinRequest)
    /// Answered when there is a change.
    case nextChange(seat: UInt32)
    case seatPositions(seat: UInt32, [TopicPartition])
    case seatCommit(seat: UInt32, [PartitionGrant], [UInt64])
    case releaseGrants(seat: UInt32, [PartitionGrant])
    case leaveGroup(seat: UInt32)
    case members(group: String)

    case beginTransaction(UInt32, writers: [UInt32])
    case commitTransaction(UInt32)
    case abortTransaction(UInt32)
    case leaveTransaction(UInt32)

    /// The brokers, and which of them has what.
    case cluster
}

/// How a client introduces itself.
struct Hello: Sendable {
    /// The version of the protocol that this program speaks.
    static let version: UInt32 = 1
    static let magic: UInt32 = 0x4B54_5350

    var version = Hello.version
    /// What the client is called in the broker's messages.
    var client: String
    /// What proves who it is; empty where the connection does.
    var token: String
    /// What tells this client from others that show the same token: 32 bytes of chance.
    var session: [UInt8]
}

/// The broker's answer to `hello`.
struct Welcome: Sendable {
    /// What the broker is called.
    let broker: String
    /// How long either side may be silent, in milliseconds.
    let silence: UInt32
    /// The most bytes of what is answered to a fetch.
    let fetchBytes: UInt32
    /// Where the brokers of the log are reached; nothing where this is the only one.
    let brokers: [String]
}

/// With whom a writer shares its partition.
enum WriterSharing: Sendable {
    /// With nobody. Where the partition's last owner left this transaction open it is committed.
    case exclusive(committing: TransactionID?)
    /// With others that share it.
    case shared
}

/// A batch for a writer.
struct Append: Sendable {
    let writer: UInt32
    /// How often the client has seen an append of the writer fail: what was sent before it knew fails, too.
    let series: UInt32
    let claim: PortableClaim
    /// The transaction that it is a row of; 0 for none.
    let transaction: UInt32
    let header: [UInt8]
}

/// What a reader is to be given.
struct Fetch: Sendable {
    let reader: UInt32
    let offset: UInt64
    let byteLimit: UInt32
    /// Whether the answer may wait until there is something.
    let waits: Bool
}

extension Hello: WireValue {
    func write(to message: inout WireWriter) {
        message.put(Self.magic)
        message.put(version)
        message.put(client)
        message.put(token)
        message.put(session)
    }
    init(from message: inout WireReader) throws(WireError) {
        guard try message.take(UInt32.self) == Self.magic else { throw WireError("it is no client of Penstock's") }
        version = try message.take()
        client = try message.take()
        token = try message.take()
        session = try message.takeBytes()
    }
}

extension Welcome: WireValue {
    func write(to message: inout WireWriter) {
        message.put(broker)
        message.put(silence)
        message.put(fetchBytes)
        message.put(brokers)
    }
    init(from message: inout WireReader) throws(WireError) {
        (broker, silence, fetchBytes) = (try message.take(), try message.take(), try message.take())
        brokers = try message.take()
    }
}

extension WriterSharing: WireValue {
    func write(to message: inout WireWriter) {
        switch self {
        case .exclusive(let id):
            message.put(UInt8(0))
            message.put(id)
        case .shared: message.put(UInt8(1))
        }
    }
    init(from message: inout WireReader) throws(WireError) {
        switch try message.take(UInt8.self) {
        case 0: self = .exclusive(committing: try message.take())
        case 1: self = .shared
        case let other: throw WireError("\(other) is no way of sharing")
        }
    }
}

extension Append: WireValue {
    func write(to message: inout WireWriter) {
        message.put(writer)
        message.put(series)
        switch claim {
        case .plain: message.put(UInt8(0))
        case .at(let offset):
            message.put(UInt8(1))
            message.put(offset)
        case .producer(let stamp):
            message.put(UInt8(2))
            message.put(stamp)
        }
        message.put(transaction)
        message.put(block: header)
    }
    init(from message: inout WireReader) throws(WireError) {
        (writer, series) = (try message.take(), try message.take())
        switch try message.take(UInt8.self) {
        case 0: claim = .plain
        case 1: claim = .at(try message.take())
        case 2: claim = .producer(try message.take())
        case let other: throw WireError("\(other) is no claim")
        }
        transaction = try message.take()
        header = try message.take(block: PortableBatch.headerByteCount)
    }
}

extension Fetch: WireValue {
    func write(to message: inout WireWriter) {
        message.put(reader)
        message.put(offset)
        message.put(byteLimit)
        message.put(waits)
    }
    init(from message: inout WireReader) throws(WireError) {
        (reader, offset, byteLimit, waits) = (
            try message.take(), try message.take(), try message.take(), try message.take()
        )
    }
}
