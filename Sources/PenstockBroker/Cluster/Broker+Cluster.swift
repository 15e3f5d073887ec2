internal import PenstockEvents
internal import PenstockFabric
internal import PenstockLog

/// What a broker does as one of several.
extension Broker {
    /// Where clients reach the brokers of the log; nothing where this is the only one.
    var addresses: [String] { cluster?.members.map(\.address) ?? [] }

    /// What is told to whoever uses what was closed under his hands: that it may have gone to another broker, where there are others.
    func gone(_ what: String) -> LogError {
        guard cluster != nil else { return LogError(.closed, what) }
        return LogError(.moved, what, hint: "open it again: another broker may have it now")
    }

    /// The brokers, and who has what.
    func description() async throws(LogError) -> ClusterDescription {
        guard let cluster else {
            throw LogError(
                .invalidConfiguration, "\(name) is the only broker of its log",
                hint: "several brokers are started with --coordination")
        }
        do throws(CoordinatorError) {
            let members = try await cluster.coordinator.members()
            let partitions = try await cluster.coordinator.snapshot(under: CoordinationKey.partitions)
            let groups = try await cluster.coordinator.snapshot(under: CoordinationKey.groups)
            return ClusterDescription(members: members, claims: partitions.claims + groups.claims)
        } catch {
            throw LogError(.unreachable, error.summary, hint: error.hint)
        }
    }

    /// Gives up what is not to be this broker's any more, and tells the clients which brokers there are. One run at a time.
    func settle() {
        guard beginSettling() else { return }
        Task {
            repeat { await giveUpOthers() } while settleAgain()
        }
    }

    /// Looks again at what was opened for a client: who is to have the partition may have changed meanwhile.
    func hasOpened(_ partition: TopicPartition) {
        if let cluster, !cluster.isOwn(partition) { settle() }
    }

    private func giveUpOthers() async {
        guard let cluster else { return }
        let isOut: @Sendable (TopicPartition) -> Bool = { !cluster.isOwn($0) || cluster.hasLost($0) }
        let sessions = sessions
        for session in sessions {
            session.tellBrokers()
            await session.giveUp(isOut)
        }
        await groups.giveUp { isOut(TopicPartition(positionsOf: $0)) }
        await writers.close(isOut)
    }
}
