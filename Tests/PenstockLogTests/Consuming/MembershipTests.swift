import PenstockEvents
import PenstockLog
import Testing

/// A membership whose changes the test says, and that notes what the consumer does.
private final class ScriptedMembership: GroupMembership {
    enum Call: Hashable {
        case commit([TopicPartition: UInt64])
        case release([TopicPartition])
        case leave
    }

    private struct State {
        var changes: [AssignmentChange] = []
        var waiting: CheckedContinuation<Void, Never>?
        var hasLeft = false
        var calls: [Call] = []
        var committed: [TopicPartition: UInt64] = [:]
        var asked = 0
        var commitFailure: LogError?
        /// What somebody else has, and this one has not been told.
        var taken: Set<TopicPartition> = []
    }

    let group: String? = "members"
    private let state = Guarded(State())

    /// What the consumer did, in order.
    var calls: [Call] { state.withLock { $0.calls } }

    /// How often the consumer has asked for a change.
    var asked: Int { state.withLock { $0.asked } }

    func change(_ change: AssignmentChange) {
        let waiting = state.withLock { state in
            state.changes.append(change)
            defer { state.waiting = nil }
            return state.waiting
        }
        waiting?.resume()
    }

    func set(committed: [TopicPartition: UInt64]) { state.withLock { $0.committed = committed } }

    func failCommits(with error: LogError?) { state.withLock { $0.commitFailure = error } }

    func take(_ partition: TopicPartition) { state.withLock { _ = $0.taken.insert(partition) } }

    func nextChange() async throws(LogError) -> AssignmentChange {
        state.withLock { $0.asked += 1 }
        while true {
            let (change, hasLeft) = state.withLock { state in
                (state.changes.isEmpty ? nil : state.changes.removeFirst(), state.hasLeft)
            }
            if let change { return change }
            if hasLeft { throw LogError(.closed, "left") }
            await withCheckedContinuation { continuation in
                let waits = state.withLock { state in
                    guard state.changes.isEmpty, !state.hasLeft else { return false }
                    state.waiting = continuation
                    return true
                }
                if !waits { continuation.resume() }
            }
        }
    }

    func committed(_ partitions: [TopicPartition]) async throws(LogError) -> [TopicPartition: UInt64] {
        state.withLock { $0.committed.filter { partitions.contains($0.key) } }
    }

    func commit(_ positions: [TopicPartition: UInt64]) async throws(LogError) {
        if let error = state.withLock({ $0.commitFailure }) { throw error }
        if let lost = state.withLock({ state in positions.keys.first { state.taken.contains($0) } }) {
            throw LogError(.producerFenced, "somebody else has it", place: .init(partition: lost))
        }
        state.withLock { state in
            state.calls.append(.commit(positions))
            state.committed.merge(positions) { $1 }
        }
    }

    func release(_ partitions: [TopicPartition]) async { state.withLock { $0.calls.append(.release(partitions)) } }

    func leave() async throws(LogError) {
        let waiting = state.withLock { state in
            state.calls.append(.leave)
            state.hasLeft = true
            defer { state.waiting = nil }
            return state.waiting
        }
        waiting?.resume()
    }
}

@Suite("Consumers in a group of several", .timeLimit(.minutes(10)))
struct MembershipTests {
    /// Three partitions of 100 readings each in batches of 10.
    private func filled() async throws -> ReadingsLog {
        let fixture = try await ReadingsLog(partitions: 3)
        for number in 0..<3 { try await fixture.fill(number, 0..<100, by: 10) }
        return fixture
    }

    private static let options = ConsumerOptions(commits: .automatic(every: .seconds(1)), clock: ManualTimerClock())

    @Test("a partition that is revoked is committed and released when what is in hand of it is processed")
    func revoked() async throws {
        let fixture = try await filled()
        let membership = ScriptedMembership()
        let (a, b) = (fixture.partition(0), fixture.partition(1))
        membership.set(committed: [a: 20])
        let consumer = try RecordConsumer(membership, in: fixture.log, options: Self.options)
        membership.change(.assigned([b, a]))
        #expect(try await consumer.next()?.offsets == 20..<30)
        #expect(try await consumer.next()?.offsets == 0..<10)
        let inHand = try #require(await consumer.next())
        #expect((inHand.partition, inHand.offsets) == (a, 30..<40))
        membership.change(.revoked([a]))
        // It takes the change, and then waits for the batch in hand.
        try await eventually { consumer.partitions == [b] }
        #expect(!membership.calls.contains(.release([a])))
        // Asking for the next one, which is of the partition that stays, says that it is processed.
        let next = try #require(await consumer.next())
        #expect((next.partition, next.offsets) == (b, 10..<20))
        try await eventually { membership.calls.contains(.release([a])) }
        #expect(membership.calls == [.commit([a: 40, b: 10]), .release([a])])
        for start in 2..<10 {
            let delivery = try #require(await consumer.next())
            #expect((delivery.partition, delivery.offsets.lowerBound) == (b, UInt64(start * 10)))
        }
        try await consumer.close()
        #expect(membership.calls.suffix(2) == [.commit([b: 90]), .leave])
        #expect(fixture.log.counts.readers == fixture.log.counts.closedReaders)
    }

    @Test("partitions that come later are read from the group's position, and those that are lost are not committed")
    func assignedAndLost() async throws {
        let fixture = try await filled()
        let membership = ScriptedMembership()
        let (a, c) = (fixture.partition(0), fixture.partition(2))
        membership.set(committed: [c: 70])
        let consumer = try RecordConsumer(membership, in: fixture.log, options: Self.options)
        membership.change(.assigned([a]))
        #expect(try await consumer.next()?.offsets == 0..<10)
        membership.change(.assigned([c]))
        try await eventually { consumer.partitions == [a, c] }
        var fromC: [Range<UInt64>] = []
        for _ in 0..<4 {
            let delivery = try #require(await consumer.next())
            if delivery.partition == c { fromC.append(delivery.offsets) }
        }
        #expect(fromC == [70..<80, 80..<90])
        membership.change(.lost([a]))
        try await eventually { consumer.partitions == [c] }
        #expect(try await consumer.next()?.partition == c)
        try await consumer.close()
        // What was in hand at the close is not processed.
        #expect(membership.calls == [.commit([c: 90]), .leave])
    }

    @Test("a partition that comes back is read from where it was committed")
    func comesBack() async throws {
        let fixture = try await filled()
        let membership = ScriptedMembership()
        let a = fixture.partition(0)
        let consumer = try RecordConsumer(
            membership, in: fixture.log, options: ConsumerOptions(commits: .manual))
        membership.change(.assigned([a]))
        #expect(try await consumer.readings(30) == Array(0..<30))
        membership.change(.revoked([a]))
        try await eventually { consumer.partitions.isEmpty }
        // There is still the chance to commit.
        try await consumer.commit([a: 15])
        membership.change(.assigned([a]))
        // The batch in hand is processed when the next one is asked for, and that comes from the position.
        #expect(try await consumer.readings(15).first == 15)
        #expect(membership.calls == [.commit([a: 15]), .release([a])])
        try await consumer.close()
    }

    @Test("what is lost before the consumer is told is dropped when it is committed, also while it is in hand")
    func lostUntold() async throws {
        let fixture = try await filled()
        let membership = ScriptedMembership()
        let clock = ManualTimerClock()
        let (a, b) = (fixture.partition(0), fixture.partition(1))
        let consumer = try RecordConsumer(
            membership, in: fixture.log,
            options: ConsumerOptions(commits: .automatic(every: .seconds(1)), clock: clock))
        membership.change(.assigned([a, b]))
        // The first batches of both are processed, and the second one of b is in hand.
        for _ in 0..<4 { _ = try await consumer.next() }
        try await clock.sleepers(1)
        membership.change(.revoked([b]))
        try await eventually { consumer.partitions == [a] }
        membership.take(b)
        clock.advance(by: .seconds(1))
        try await eventually { membership.calls.last == .release([b]) }
        // The timer and the giving back may both have been at it.
        #expect(membership.calls.dropLast().allSatisfy { $0 == .commit([a: 20]) })
        #expect(try await consumer.next()?.partition == a)
        try await consumer.close()
        #expect(membership.calls.last == .leave)
    }

    @Test("of a partition that is read from its end on, the end is committed, so that who gets it next misses nothing")
    func startCommitted() async throws {
        let fixture = try await filled()
        let membership = ScriptedMembership()
        let a = fixture.partition(0)
        var options = Self.options
        options.start = .end
        let consumer = try RecordConsumer(membership, in: fixture.log, options: options)
        membership.change(.assigned([a]))
        try await eventually { fixture.log.counts.waits > 0 }
        membership.change(.revoked([a]))
        try await eventually { membership.calls.contains(.release([a])) }
        #expect(membership.calls == [.commit([a: 100]), .release([a])])
        try await consumer.close()
    }

    @Test("a commit that fails for good ends the consumer, one that may pass is done again")
    func commitFailures() async throws {
        let fixture = try await filled()
        let membership = ScriptedMembership()
        let clock = ManualTimerClock()
        let consumer = try RecordConsumer(
            membership, in: fixture.log,
            options: ConsumerOptions(commits: .automatic(every: .seconds(1)), clock: clock))
        membership.change(.assigned([fixture.partition()]))
        membership.failCommits(with: LogError(.storage, "injected"))
        for _ in 0..<2 { _ = try await consumer.next() }
        try await clock.sleepers(1)
        clock.advance(by: .seconds(1))
        try await clock.sleepers(1)
        membership.failCommits(with: nil)
        clock.advance(by: .seconds(1))
        try await eventually { membership.calls == [.commit([fixture.partition(): 10])] }
        membership.failCommits(with: LogError(.producerFenced, "injected"))
        for _ in 0..<2 { _ = try await consumer.next() }
        try await clock.sleepers(1)
        clock.advance(by: .seconds(1))
        let error = await #expect(throws: LogError.self) {
            while try await consumer.next() != nil {}
        }
        #expect(error?.code == .producerFenced)
        await #expect(throws: LogError.self) { try await consumer.close() }
    }
}
