internal import PenstockFabric
internal import PenstockLog

/// What a broker answers to the owners of groups and of transactions.
extension BrokerSession {
    func workOnGroups(_ request: Request, _ number: UInt64) async throws(LogError) {
        switch request {
        case .openGroup(let group, let name):
            let opened = try await broker.log.group(name)
            let isKept = state.withLock { state in
                guard state.ending == nil, state.groups[group] == nil,
                    state.groups.count < broker.limits.objectsPerClient
                else { return false }
                state.groups[group] = opened
                return true
            }
            guard isKept else {
                try await opened.close()
                throw tooMany("groups")
            }
            broker.hasOpened(TopicPartition(positionsOf: name))
            let positions = await opened.positions
            answer(number) { $0.put(positions) }
        case .commit(let group, let partitions, let offsets):
            guard let group = state.withLock({ $0.groups[group] }) else {
                throw broker.gone("the group is closed")
            }
            guard partitions.count == offsets.count else {
                throw LogError(.invalidConfiguration, "a commit has as many offsets as partitions")
            }
            try await group.commit(Dictionary(zip(partitions, offsets)) { _, last in last })
            answer(number) { _ in }
        case .closeGroup(let group):
            try await state.withLock { $0.groups.removeValue(forKey: group) }?.close()
            answer(number) { _ in }
        case .positions(let group):
            let positions = try await broker.log.positions(of: group)
            answer(number) { $0.put(positions) }
        case .groups:
            let groups = try await broker.log.groups()
            answer(number) { $0.put(groups) }
        case .deleteGroup(let name):
            try await broker.log.deleteGroup(name)
            answer(number) { _ in }
        default: preconditionFailure("\(request) is none of a group's")
        }
    }

    func workOnTransactions(_ request: Request, _ number: UInt64) async throws(LogError) {
        switch request {
        case .beginTransaction(let transaction, let writers):
            let open = state.withLock { state in writers.map { state.writers[$0]?.writer } }
            let known = open.compactMap { $0 }
            guard known.count == open.count else {
                throw LogError(.invalidTransaction, "a transaction is over writers that are open")
            }
            guard let begun = try await broker.log.transaction(over: known) as? any PortableTransaction else {
                preconditionFailure("a broker serves a log that takes batches of other processes")
            }
            let isKept = state.withLock { state in
                guard state.ending == nil, transaction > 0, state.transactions[transaction] == nil,
                    state.transactions.count < broker.limits.objectsPerClient
                else { return false }
                state.transactions[transaction] = begun
                return true
            }
            guard isKept else {
                try await begun.abort()
                throw tooMany("transactions")
            }
            answer(number) { $0.put(begun.id) }
        case .commitTransaction(let transaction):
            try await self.transaction(transaction).commit()
            forget(transaction)
            answer(number) { _ in }
        case .abortTransaction(let transaction):
            try await self.transaction(transaction).abort()
            forget(transaction)
            answer(number) { _ in }
        default: preconditionFailure("\(request) is none of a transaction's")
        }
    }

    private func transaction(_ number: UInt32) throws(LogError) -> any PortableTransaction {
        guard let transaction = state.withLock({ $0.transactions[number] }) else {
            throw LogError(.transactionFailed, "the transaction has ended, or is not known", hint: "begin a new one")
        }
        return transaction
    }

    private func forget(_ number: UInt32) { state.withLock { $0.transactions[number] = nil } }
}
