internal import PenstockEvents
internal import PenstockLog

/// What groups and their members tell each other, in messages.
extension JoinRequest: WireValue {
    func write(to message: inout WireWriter) {
        message.put(id)
        message.put(client)
        message.put(member.topics)
        message.put(member.instance)
        message.put(member.sessionTimeout.milliseconds)
        message.put(member.rebalanceTimeout.milliseconds)
        message.put(isReturning)
    }
    init(from message: inout WireReader) throws(WireError) {
        let (id, client): (String, String) = (try message.take(), try message.take())
        let (topics, instance): ([String], String?) = (try message.take(), try message.take())
        let (session, rebalance): (UInt32, UInt32) = (try message.take(), try message.take())
        let member = GroupMember(
            topics: topics, instance: instance, sessionTimeout: .milliseconds(Int(session)),
            rebalanceTimeout: .milliseconds(Int(rebalance)))
        self.init(id: id, client: client, member: member, isReturning: try message.take())
    }
}

extension Duration {
    /// Rounded up, and no more than 32 bits hold.
    fileprivate var milliseconds: UInt32 {
        let (seconds, attoseconds) = components
        let rest = (attoseconds + 999_999_999_999_999) / 1_000_000_000_000_000
        return UInt32(clamping: min(seconds, Int64(UInt32.max)) * 1_000 + rest)
    }
}

extension PartitionGrant: WireValue {
    func write(to message: inout WireWriter) {
        message.put(partition)
        message.put(number)
    }
    init(from message: inout WireReader) throws(WireError) {
        self.init(partition: try message.take(), number: try message.take())
    }
}

extension GrantChange: WireValue {
    func write(to message: inout WireWriter) {
        switch self {
        case .snapshot(let grants):
            message.put(UInt8(0))
            message.put(grants)
        case .assigned(let grants):
            message.put(UInt8(1))
            message.put(grants)
        case .revoked(let grants):
            message.put(UInt8(2))
            message.put(grants)
        case .lost(let grants):
            message.put(UInt8(3))
            message.put(grants)
        }
    }
    init(from message: inout WireReader) throws(WireError) {
        let kind: UInt8 = try message.take()
        let grants: [PartitionGrant] = try message.take()
        guard Set(grants.map(\.partition)).count == grants.count else { throw WireError("a partition is named twice") }
        switch kind {
        case 0: self = .snapshot(grants)
        case 1: self = .assigned(grants)
        case 2: self = .revoked(grants)
        case 3: self = .lost(grants)
        default: throw WireError("\(kind) is no change of what a member has")
        }
    }
}

extension GroupDescription: WireValue {
    func write(to message: inout WireWriter) {
        message.put(group)
        message.put(generation)
        message.put(members)
    }
    init(from message: inout WireReader) throws(WireError) {
        self.init(group: try message.take(), generation: try message.take(), members: try message.take())
    }
}

extension GroupDescription.Member: WireValue {
    func write(to message: inout WireWriter) {
        message.put(id)
        message.put(client)
        message.put(instance)
        message.put(topics)
        message.put(partitions)
        message.put(leaving)
        message.put(isConnected)
    }
    init(from message: inout WireReader) throws(WireError) {
        self.init(
            id: try message.take(), client: try message.take(), instance: try message.take(),
            topics: try message.take(), partitions: try message.take(), leaving: try message.take(),
            isConnected: try message.take())
    }
}
