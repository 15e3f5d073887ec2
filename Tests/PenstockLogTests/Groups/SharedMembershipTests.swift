import PenstockEvents
import PenstockLog
import Testing

/// A seat whose connection can be cut.
private final class CuttableSeat: GroupSeat {
    private let seat: LocalSeat
    private let isCut = Guarded(false)

    init(_ seat: LocalSeat) { self.seat = seat }

    func cut() {
        isCut.withLock { $0 = true }
        // Whoever waits on it is told, as the end of a connection tells.
        seat.detach()
    }

    private func whole<Result>(_ body: () async throws(LogError) -> Result) async throws(LogError) -> Result {
        let lost = LogError(.unreachable, "cut")
        if isCut.withLock({ $0 }) { throw lost }
        do throws(LogError) { return try await body() } catch {
            throw isCut.withLock { $0 } ? lost : error
        }
    }

    func nextChange() async throws(LogError) -> GrantChange {
        try await whole { () throws(LogError) in try await seat.nextChange() }
    }
    func committed(_ partitions: [TopicPartition]) async throws(LogError) -> [TopicPartition: UInt64] {
        try await whole { () throws(LogError) in try await seat.committed(partitions) }
    }
    func commit(_ positions: [PartitionGrant: UInt64]) async throws(LogError) {
        try await whole { () throws(LogError) in try await seat.commit(positions) }
    }
    func release(_ grants: [PartitionGrant]) async throws(LogError) {
        try await whole { () throws(LogError) in try await seat.release(grants) }
    }
    func leave() async throws(LogError) { try await whole { () throws(LogError) in try await seat.leave() } }
}

/// Members of one group whose connections can be cut, with a clock of their own.
private final class Hall: Sendable {
    let fixture: ReadingsLog
    let clock = ManualTimerClock()
    let groups: SharedGroups
    let seats = Guarded([String: [CuttableSeat]]())

    init(partitions: Int) async throws {
        fixture = try await ReadingsLog(partitions: partitions)
        groups = SharedGroups(clock: clock)
    }

    func join(_ name: String) async throws -> SharedMembership {
        let member = GroupMember(
            topics: [ReadingsLog.topic], sessionTimeout: .seconds(10), rebalanceTimeout: .seconds(20))
        return try await SharedMembership("g") { [self] isReturning throws(LogError) in
            let request = JoinRequest(id: name, client: "test", member: member, isReturning: isReturning)
            let seat = CuttableSeat(try await groups.join("g", of: fixture.log.log, request))
            seats.withLock { $0[name, default: []].append(seat) }
            return seat
        }
    }

    func cut(_ name: String) { seats.withLock { $0[name]?.last }?.cut() }

    /// How many seats a member has had.
    func count(_ name: String) -> Int { seats.withLock { $0[name]?.count ?? 0 } }
}

@Suite("A member whose connections are lost", .timeLimit(.minutes(10)))
struct SharedMembershipTests {
    @Test("keeps what it has where it is back in time, and can commit over the new connection")
    func back() async throws {
        let hall = try await Hall(partitions: 2)
        let (a, b) = (hall.fixture.partition(0), hall.fixture.partition(1))
        let member = try await hall.join("m")
        #expect(try await member.nextChange() == .assigned([a, b]))
        try await member.commit([a: 1])
        hall.cut("m")
        try await member.commit([a: 2])
        #expect(hall.count("m") == 2)
        hall.cut("m")
        let next = Task { try await member.nextChange() }
        try await eventually { hall.count("m") == 3 }
        // What is asked of it next is the first that it hears.
        let other = try await hall.join("n")
        #expect(try await next.value == .revoked([b]))
        hall.cut("m")
        await member.release([b])
        #expect(hall.count("m") == 4)
        #expect(try await other.nextChange() == .assigned([b]))
        #expect(try await other.committed([a]) == [a: 2])
        try await member.leave()
        #expect(try await other.nextChange() == .assigned([a]))
        try await other.leave()
    }

    @Test("is told what it has lost where it is not, also where it gets it again")
    func late() async throws {
        let hall = try await Hall(partitions: 2)
        let (a, b) = (hall.fixture.partition(0), hall.fixture.partition(1))
        let member = try await hall.join("m")
        #expect(try await member.nextChange() == .assigned([a, b]))
        let other = try await hall.join("n")
        #expect(try await other.nextChange() == .assigned([]))
        #expect(try await member.nextChange() == .revoked([b]))
        await member.release([b])
        #expect(try await other.nextChange() == .assigned([b]))
        hall.cut("m")
        try await hall.clock.sleepers(1)
        hall.clock.advance(by: .seconds(10))
        #expect(try await other.nextChange() == .assigned([a]))
        try await other.commit([a: 7])
        try await other.leave()
        #expect(try await code { try await member.commit([a: 3]) } == .producerFenced)
        #expect(try await member.nextChange() == .lost([a]))
        #expect(try await member.nextChange() == .assigned([a, b]))
        #expect(try await member.committed([a, b]) == [a: 7])
        try await member.leave()
    }

    @Test("leaves when it is dropped, and the group is free when the last one has left")
    func dropped() async throws {
        let hall = try await Hall(partitions: 1)
        var member: SharedMembership? = try await hall.join("m")
        #expect(try await member?.nextChange() == .assigned([hall.fixture.partition()]))
        let other = try await hall.join("n")
        #expect(try await other.nextChange() == .assigned([]))
        hall.seats.withLock { $0 = [:] }
        member = nil
        #expect(try await other.nextChange() == .assigned([hall.fixture.partition()]))
        try await other.leave()
        try await hall.fixture.log.group("g").close()
    }

    @Test("waits for changes once at a time, and is told when it has left")
    func waiting() async throws {
        let hall = try await Hall(partitions: 1)
        let (member, other) = (try await hall.join("m"), try await hall.join("n"))
        #expect(try await member.nextChange() == .assigned([hall.fixture.partition()]))
        let first = Task { try await member.nextChange() }
        let second = Task { try await member.nextChange() }
        // One of them is refused, whichever comes later, and the other one goes on waiting.
        let refused = try await withThrowingTaskGroup(of: LogError.Code?.self) { group in
            for task in [first, second] { group.addTask { try await self.code { _ = try await task.value } } }
            defer { group.cancelAll() }
            let code = try await group.next() ?? nil
            try await member.leave()
            #expect(try await group.next() == .closed)
            return code
        }
        #expect(refused == .tooManyWaiters)
        #expect(try await other.nextChange() == .assigned([hall.fixture.partition()]))
        try await other.leave()
    }

    private func code(_ body: () async throws -> Void) async throws -> LogError.Code? {
        do {
            try await body()
            return nil
        } catch let error as LogError {
            return error.code
        }
    }
}
