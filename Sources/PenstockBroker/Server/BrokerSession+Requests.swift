internal import PenstockEvents
internal import PenstockFabric
internal import PenstockLog

/// What a broker does when it is asked, but for appends.
extension BrokerSession {
    func work(on request: Request, _ number: UInt64, _ rights: any ClientRights) async {
        do throws(LogError) {
            try check(request, rights)
            switch request {
            case .hello, .ping, .fabric, .append, .leaveTransaction: preconditionFailure("these are answered at once")
            case .createTopic(let name, let schema, let configuration):
                let topic = try await log.createTopic(name, schema: schema, configuration: configuration)
                broker.groups.topicChanged(name)
                answer(number) { $0.put(topic) }
            case .openTopic(let name, let schema, let configuration):
                if !rights.mayProduce(to: name), !rights.mayAdminister(topic: name) {
                    // Who only reads creates none.
                    _ = try await log.describe(name)
                }
                let topic = try await log.openTopic(name, schema: schema, creatingWith: configuration)
                broker.groups.topicChanged(name)
                answer(number) { $0.put(topic) }
            case .topics:
                let topics = try await log.topics().filter { isVisible($0, rights) }
                answer(number) { $0.put(topics) }
            case .describe(let name):
                let topic = try await log.describe(name)
                answer(number) { $0.put(topic) }
            case .cluster:
                let description = try await broker.description()
                let visible = description.visible {
                    isVisible($0, rights)
                } groups: {
                    rights.mayUse(group: $0)
                }
                answer(number) { $0.put(visible) }
            case .owners(let name):
                let owners = try await log.owners(of: name)
                answer(number) { $0.put(owners) }
            case .alterTopic(let name, let change):
                let topic = try await log.alterTopic(name, change)
                answer(number) { $0.put(topic) }
            case .truncate(let partition, let offset):
                try await log.truncate(partition, before: offset)
                answer(number) { _ in }
            case .deleteTopic(let name):
                await broker.writers.closeIdle(of: name)
                try await log.deleteTopic(name)
                broker.groups.topicChanged(name)
                answer(number) { _ in }
            case .recover(let partition):
                try await recover(partition)
                answer(number) { _ in }
            case .openWriter(let writer, let partition, let sharing):
                try await open(writer, partition, sharing, number)
            case .openProducer(let writer, let name):
                try await openProducer(name, try self.writer(writer), number)
            case .closeWriter(let writer):
                if let closed = state.withLock({ $0.writers.removeValue(forKey: writer) }) {
                    await closed.lane.drained()
                    try await broker.writers.giveBack(closed.opened)
                }
                answer(number) { _ in }
            case .openReader, .fetch, .nextControl, .skipDamage, .payloads, .closeReader:
                try await read(request, number)
            case .openGroup, .commit, .closeGroup, .positions, .groups, .deleteGroup:
                try await workOnGroups(request, number)
            case .joinGroup, .nextChange, .seatPositions, .seatCommit, .releaseGrants, .leaveGroup, .members:
                try await workOnMembers(request, number, rights)
            case .beginTransaction, .commitTransaction, .abortTransaction:
                try await workOnTransactions(request, number)
            }
        } catch {
            refuse(number, error)
        }
    }

    private var log: any LogStore { broker.log }

    private func open(
        _ number: UInt32, _ partition: TopicPartition, _ sharing: WriterSharing, _ request: UInt64
    ) async throws(LogError) {
        try broker.cluster?.check(partition)
        let topic = try await log.describe(partition.topic)
        let opened = try await broker.writers.open(partition, sharing)
        let writer = opened.writer
        let isKept = state.withLock { state in
            guard state.ending == nil, state.writers[number] == nil,
                state.writers.count < broker.limits.objectsPerClient
            else { return false }
            state.writers[number] = Writer(opened: opened, lane: AppendLane(writer))
            return true
        }
        guard isKept else {
            try await broker.writers.giveBack(opened)
            throw tooMany("writers")
        }
        broker.hasOpened(partition)
        answer(request) { message in
            message.put(writer.codec)
            message.put(topic.schema)
        }
    }

    private func openProducer(_ name: String, _ writer: Writer, _ request: UInt64) async throws(LogError) {
        let session = try await writer.writer.producer(named: name)
        let isKept = state.withLock { state in
            guard state.producers.count < broker.limits.objectsPerClient else { return false }
            let producer = Producer(partition: session.partition, id: session.id)
            state.producers[producer] = max(state.producers[producer] ?? 0, session.epoch)
            return true
        }
        guard isKept else { throw tooMany("producers") }
        answer(request) { $0.put(session) }
    }

    private func writer(_ number: UInt32) throws(LogError) -> Writer {
        guard let writer = state.withLock({ $0.writers[number] }) else {
            throw broker.gone("the writer \(number) of \(wire.connection.peer) is closed")
        }
        return writer
    }

    // A shared writer that nobody has any more would be in the way.
    private func recover(_ partition: TopicPartition) async throws(LogError) {
        await broker.writers.closeIdle(of: partition.topic)
        try await log.recover(partition)
    }

    func tooMany(_ what: String) -> LogError {
        LogError(
            .invalidConfiguration,
            "\(wire.connection.peer) has gone, or has as many \(what) as the limit of \(broker.limits.objectsPerClient) allows",
            hint: "close some of them")
    }

    // MARK: Rights

    /// Whether a client may know of a topic. Who connects to the broker is not for everybody to know.
    private func isVisible(_ topic: String, _ rights: any ClientRights) -> Bool {
        if rights.mayAdminister(topic: topic) { return true }
        return !Audit.isOne(topic) && (rights.mayConsume(from: topic) || rights.mayProduce(to: topic))
    }

    private func mayRead(_ topic: String, _ rights: any ClientRights) -> Bool {
        Audit.isOne(topic) ? rights.mayAdminister(topic: topic) : rights.mayConsume(from: topic)
    }

    private func check(_ request: Request, _ rights: any ClientRights) throws(LogError) {
        let (isAllowed, what): (Bool, String)
        switch request {
        case .hello, .ping, .cluster, .fabric, .append, .topics, .groups, .openProducer, .closeWriter, .fetch,
            .nextControl,
            .skipDamage,
            .payloads,
            .closeReader, .commit, .closeGroup, .beginTransaction, .commitTransaction, .abortTransaction,
            .leaveTransaction, .nextChange, .seatPositions, .seatCommit, .releaseGrants, .leaveGroup:
            return
        case .describe(let topic), .owners(let topic):
            (isAllowed, what) = (isVisible(topic, rights), "see the topic \(topic)")
        case .openTopic(let topic, _, _):
            (isAllowed, what) = (
                rights.mayConsume(from: topic) || rights.mayProduce(to: topic), "open the topic \(topic)"
            )
        case .createTopic(let topic, _, _), .alterTopic(let topic, _), .deleteTopic(let topic):
            (isAllowed, what) = (rights.mayAdminister(topic: topic), "create, change or delete the topic \(topic)")
        case .truncate(let partition, _):
            (isAllowed, what) = (rights.mayAdminister(topic: partition.topic), "truncate \(partition)")
        case .recover(let partition), .openWriter(_, let partition, _):
            (isAllowed, what) = (rights.mayProduce(to: partition.topic), "write to \(partition)")
        case .openReader(_, let partition, _, _):
            (isAllowed, what) = (mayRead(partition.topic, rights), "read \(partition)")
        case .joinGroup(_, let group, let request):
            // Who has partitions that it cannot read keeps them from others.
            let denied = request.member.topics.first { !mayRead($0, rights) }
            isAllowed = rights.mayUse(group: group) && denied == nil
            what = denied.map { "read the topic \($0) as the group \(group)" } ?? "use the group \(group)"
        case .openGroup(_, let group), .positions(let group), .deleteGroup(let group), .members(let group):
            (isAllowed, what) = (rights.mayUse(group: group), "use the group \(group)")
        }
        guard isAllowed, !request.changesAudit else {
            broker.audit(.denied, rights.client, wire.connection.peer, what)
            throw LogError(
                .notAllowed, "\(rights.client) may not \(what)",
                hint: "ask the administrator of the broker \(broker.name) for a token with the right scope")
        }
    }
}

extension Request {
    /// Whether it would change what the broker writes down about its clients.
    fileprivate var changesAudit: Bool {
        switch self {
        case .createTopic(let topic, _, _), .openTopic(let topic, _, _), .alterTopic(let topic, _),
            .deleteTopic(let topic):
            Audit.isOne(topic)
        case .truncate(let partition, _), .recover(let partition), .openWriter(_, let partition, _):
            Audit.isOne(partition.topic)
        default: false
        }
    }
}
