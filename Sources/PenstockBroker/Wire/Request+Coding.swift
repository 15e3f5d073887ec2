internal import PenstockEvents
internal import PenstockLog

extension Request: WireValue {
    /// The numbers of requests in messages; they are never given to another one.
    private enum Kind: UInt8 {
        case hello = 1
        case ping
        case createTopic
        case openTopic
        case topics
        case describe
        case owners
        case alterTopic
        case truncate
        case deleteTopic
        case recover
        case openWriter
        case openProducer
        case append
        case closeWriter
        case openReader
        case fetch
        case nextControl
        case skipDamage
        case payloads
        case closeReader
        case openGroup
        case commit
        case closeGroup
        case positions
        case groups
        case deleteGroup
        case beginTransaction
        case commitTransaction
        case abortTransaction
        case leaveTransaction
        case fabric
        case joinGroup
        case nextChange
        case seatPositions
        case seatCommit
        case releaseGrants
        case leaveGroup
        case members
        case cluster
    }

    func write(to message: inout WireWriter) {
        func put(_ kind: Kind, _ values: any WireValue...) {
            message.put(kind.rawValue)
            for value in values { value.write(to: &message) }
        }
        switch self {
        case .hello(let hello): put(.hello, hello)
        case .ping: put(.ping)
        case .fabric: put(.fabric)
        case .createTopic(let name, let schema, let configuration): put(.createTopic, name, schema, configuration)
        case .openTopic(let name, let schema, let configuration): put(.openTopic, name, schema, configuration)
        case .topics: put(.topics)
        case .describe(let topic): put(.describe, topic)
        case .owners(let topic): put(.owners, topic)
        case .alterTopic(let name, let change): put(.alterTopic, name, change)
        case .truncate(let partition, let offset): put(.truncate, partition, offset)
        case .deleteTopic(let name): put(.deleteTopic, name)
        case .recover(let partition): put(.recover, partition)
        case .openWriter(let number, let partition, let sharing): put(.openWriter, number, partition, sharing)
        case .openProducer(let writer, let name): put(.openProducer, writer, name)
        case .append(let append): put(.append, append)
        case .closeWriter(let number): put(.closeWriter, number)
        case .openReader(let number, let partition, let position, let parts):
            put(.openReader, number, partition, position, parts)
        case .fetch(let fetch): put(.fetch, fetch)
        case .nextControl(let reader, let offset): put(.nextControl, reader, offset)
        case .skipDamage(let reader, let offset): put(.skipDamage, reader, offset)
        case .payloads(let reader, let offsets, let selection): put(.payloads, reader, offsets, selection)
        case .closeReader(let number): put(.closeReader, number)
        case .openGroup(let number, let name): put(.openGroup, number, name)
        case .commit(let group, let partitions, let offsets): put(.commit, group, partitions, offsets)
        case .closeGroup(let number): put(.closeGroup, number)
        case .positions(let group): put(.positions, group)
        case .groups: put(.groups)
        case .deleteGroup(let name): put(.deleteGroup, name)
        case .beginTransaction(let number, let writers): put(.beginTransaction, number, writers)
        case .commitTransaction(let number): put(.commitTransaction, number)
        case .abortTransaction(let number): put(.abortTransaction, number)
        case .leaveTransaction(let number): put(.leaveTransaction, number)
        case .joinGroup(let seat, let group, let request): put(.joinGroup, seat, group, request)
        case .nextChange(let seat): put(.nextChange, seat)
        case .seatPositions(let seat, let partitions): put(.seatPositions, seat, partitions)
        case .seatCommit(let seat, let grants, let offsets): put(.seatCommit, seat, grants, offsets)
        case .releaseGrants(let seat, let grants): put(.releaseGrants, seat, grants)
        case .leaveGroup(let seat): put(.leaveGroup, seat)
        case .members(let group): put(.members, group)
        case .cluster: put(.cluster)
        }
    }

    init(from message: inout WireReader) throws(WireError) {
        let number: UInt8 = try message.take()
        guard let kind = Kind(rawValue: number) else { throw WireError("\(number) is no request") }
        switch kind {
        case .hello: self = .hello(try message.take())
        case .ping: self = .ping
        case .fabric: self = .fabric
        case .createTopic: self = .createTopic(try message.take(), try message.take(), try message.take())
        case .openTopic: self = .openTopic(try message.take(), try message.take(), try message.take())
        case .topics: self = .topics
        case .describe: self = .describe(try message.take())
        case .owners: self = .owners(topic: try message.take())
        case .alterTopic: self = .alterTopic(try message.take(), try message.take())
        case .truncate: self = .truncate(try message.take(), before: try message.take())
        case .deleteTopic: self = .deleteTopic(try message.take())
        case .recover: self = .recover(try message.take())
        case .openWriter: self = .openWriter(try message.take(), try message.take(), try message.take())
        case .openProducer: self = .openProducer(writer: try message.take(), name: try message.take())
        case .append: self = .append(try message.take())
        case .closeWriter: self = .closeWriter(try message.take())
        case .openReader:
            self = .openReader(try message.take(), try message.take(), try message.take(), try message.take())
        case .fetch: self = .fetch(try message.take())
        case .nextControl: self = .nextControl(reader: try message.take(), from: try message.take())
        case .skipDamage: self = .skipDamage(reader: try message.take(), at: try message.take())
        case .payloads:
            self = .payloads(reader: try message.take(), offsets: try message.take(), try message.take())
        case .closeReader: self = .closeReader(try message.take())
        case .openGroup: self = .openGroup(try message.take(), try message.take())
        case .commit: self = .commit(group: try message.take(), try message.take(), try message.take())
        case .closeGroup: self = .closeGroup(try message.take())
        case .positions: self = .positions(group: try message.take())
        case .groups: self = .groups
        case .deleteGroup: self = .deleteGroup(try message.take())
        case .beginTransaction: self = .beginTransaction(try message.take(), writers: try message.take())
        case .commitTransaction: self = .commitTransaction(try message.take())
        case .abortTransaction: self = .abortTransaction(try message.take())
        case .leaveTransaction: self = .leaveTransaction(try message.take())
        case .joinGroup: self = .joinGroup(seat: try message.take(), try message.take(), try message.take())
        case .nextChange: self = .nextChange(seat: try message.take())
        case .seatPositions: self = .seatPositions(seat: try message.take(), try message.take())
        case .seatCommit: self = .seatCommit(seat: try message.take(), try message.take(), try message.take())
        case .releaseGrants: self = .releaseGrants(seat: try message.take(), try message.take())
        case .leaveGroup: self = .leaveGroup(seat: try message.take())
        case .members: self = .members(group: try message.take())
        case .cluster: self = .cluster
        }
    }
}
