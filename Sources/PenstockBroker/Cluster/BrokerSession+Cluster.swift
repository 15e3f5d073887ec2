internal import PenstockEvents
internal import PenstockLog

/// What a broker that is one of several says to a client, and takes from it.
extension BrokerSession {
    /// Says that the broker is there, and which others are.
    func tellBrokers() { answer(Envelope.unasked) { $0.put(broker.addresses) } }

    /// Gives up what is another broker's now. Who had it finds that out when it is used, and goes on there.
    func giveUp(_ isOut: (TopicPartition) -> Bool) async {
        let (readers, groups, transactions) = state.withLock { state in
            let lost = state.writers.filter { isOut($0.value.partition) }.keys
            for number in lost { state.writers[number] = nil }
            // As the end of a process: the next writers decide about what is open.
            let transactions = lost.isEmpty ? [:] : state.transactions
            if !lost.isEmpty { state.transactions = [:] }
            let readers = state.readers.filter { isOut($0.value.partition) }
            for number in readers.keys { state.readers[number] = nil }
            let groups = state.groups.filter { isOut(TopicPartition(positionsOf: $0.value.name)) }
            for number in groups.keys { state.groups[number] = nil }
            return (readers, groups, transactions)
        }
        for transaction in transactions.valuesInOrder { transaction.leave() }
        for reader in readers.valuesInOrder { await reader.close() }
        for group in groups.valuesInOrder { try? await group.close() }
    }
}
