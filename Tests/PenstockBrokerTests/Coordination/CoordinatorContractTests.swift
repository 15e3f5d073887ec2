import PenstockLog
import Testing

/// What every back-end promises, by several coordinators in one process.
@Suite("The contract of coordination", .serialized, .timeLimit(.minutes(10)))
struct CoordinatorContractTests {
    private let key = try! CoordinationKey("partitions/readings/0")

    // MARK: Claims

    @Test("a key has one holder, whom others are told of", arguments: CoordinationBackend.possible)
    func oneHolder(_ backend: CoordinationBackend) async throws {
        let world = try await CoordinationWorld(backend)
        let (a, b) = (try await world.coordinator(), try await world.coordinator())
        let lease = try held(await a.claim(key, for: "a:7400"))
        #expect(lease.isHeld && lease.epoch > 0 && lease.holder == "a:7400")
        for claimant in [a, b] {
            guard case .taken(let holder, let until) = try await claimant.claim(key, for: "other") else {
                Issue.record("two hold the key")
                continue
            }
            #expect(holder == "a:7400" && until > claimant.clock.now())
        }
        let other = try held(await b.claim(try CoordinationKey("partitions/readings/1"), for: "b:7400"))
        #expect(other.isHeld && lease.isHeld)
        await a.close()
        await b.close()
    }

    @Test(
        "a key that was given back goes to the next at once, with a higher epoch",
        arguments: CoordinationBackend.possible)
    func release(_ backend: CoordinationBackend) async throws {
        let world = try await CoordinationWorld(backend)
        let coordinators = [try await world.coordinator(), try await world.coordinator()]
        var last: UInt32 = 0
        // More hand-overs than a back-end may keep the traces of.
        for round in 0..<24 {
            let lease = try held(await coordinators[round % 2].claim(key, for: "holder \(round)"))
            #expect(lease.epoch > last)
            last = lease.epoch
            try await lease.release()
            #expect(!lease.isHeld)
            #expect(await lease.ended() == .released)
        }
        let third = try await world.coordinator()
        let lease = try held(await third.claim(key, for: "the third", above: last + 1000))
        #expect(lease.epoch > last + 1000)
        try await lease.release()
        #expect(try held(await coordinators[0].claim(key, for: "a")).epoch > lease.epoch)
        for coordinator in coordinators + [third] { await coordinator.close() }
    }

    @Test("who closes has given back everything, and is not asked any more", arguments: CoordinationBackend.possible)
    func close(_ backend: CoordinationBackend) async throws {
        let world = try await CoordinationWorld(backend)
        let (a, b) = (try await world.coordinator(), try await world.coordinator())
        let membership = try await a.join(name: "a", address: "a:1")
        let lease = try held(await a.claim(key, for: "a"))
        let stream = a.memberUpdates()
        await a.close()
        #expect(!lease.isHeld && !membership.isCurrent)
        #expect(await lease.ended() == .released)
        #expect(await membership.ended() == .released)
        #expect(try await b.members() == [])
        #expect(try held(await b.claim(key, for: "b")).epoch > lease.epoch)
        try await patiently { for await _ in stream {} }
        try await lease.release()
        let error = try await #require(throws: CoordinatorError.self) { try await a.claim(key, for: "a") }
        #expect(error.code == .closed)
        await b.close()
    }

    @Test("a lease is renewed as long as its coordinator lives", arguments: CoordinationBackend.possible)
    func renewal(_ backend: CoordinationBackend) async throws {
        let world = try await CoordinationWorld(backend)
        let coordinator = try await world.coordinator(lease: .seconds(60))
        let lease = try held(await coordinator.claim(key, for: "a"))
        let first = lease.heldUntil
        try await patiently {
            while lease.heldUntil == first { try await Task.sleep(for: .milliseconds(50)) }
        }
        #expect(lease.isHeld && lease.isHeld(at: first))
        await coordinator.close()
    }

    @Test(
        "what a dead one held is taken over when it does not believe in it any more",
        arguments: CoordinationBackend.possible)
    func death(_ backend: CoordinationBackend) async throws {
        let world = try await CoordinationWorld(backend)
        let taker = try await world.coordinator(lease: .seconds(1))
        var dying: (any Coordinator)? = try await world.coordinator(lease: .seconds(1))
        let lease = try await takeOver(key, for: "dying", on: try #require(dying))
        // Nobody renews what it holds any more.
        dying = nil
        let next = try await takeOver(key, for: "taker", on: taker)
        #expect(!lease.isHeld && next.epoch > lease.epoch)
        #expect(await lease.ended() == .lapsed)
        #expect(taker.clock.now() >= lease.heldUntil)
        await taker.close()
    }

    @Test("of many who claim at once, one gets the key, each time", arguments: CoordinationBackend.possible)
    func race(_ backend: CoordinationBackend) async throws {
        let world = try await CoordinationWorld(backend)
        var coordinators: [any Coordinator] = []
        for _ in 0..<4 { coordinators.append(try await world.coordinator()) }
        var last: UInt32 = 0
        for round in 0..<20 {
            let leases = try await withThrowingTaskGroup(of: Lease?.self) { group in
                for coordinator in coordinators {
                    group.addTask { [key] in
                        guard case .held(let lease) = try await coordinator.claim(key, for: "one of them") else {
                            return nil
                        }
                        return lease
                    }
                }
                return try await group.reduce(into: [Lease]()) { if let lease = $1 { $0.append(lease) } }
            }
            try #require(leases.count == 1, "\(leases.count) have the key in round \(round)")
            #expect(leases[0].epoch > last && leases[0].isHeld)
            last = leases[0].epoch
            try await leases[0].release()
        }
        for coordinator in coordinators { await coordinator.close() }
    }

    // MARK: Members

    @Test("L21: who joins and who leaves is followed", arguments: CoordinationBackend.possible)
    func members(_ backend: CoordinationBackend) async throws {
        let world = try await CoordinationWorld(backend)
        let (a, b) = (try await world.coordinator(), try await world.coordinator())
        let first = try await a.join(name: "a", address: "node1:7400")
        #expect(try await b.members() == [first.member])
        let updates = b.memberUpdates()
        let second = try await b.join(name: "b", address: "node2:7400")
        #expect(try await a.members() == [first.member, second.member])
        #expect(second.member.address == "node2:7400" && second.member.id != first.member.id)
        _ = try await PenstockBrokerTests.first(of: updates) { $0.map(\.name) == ["a", "b"] }
        let refusal = try await #require(throws: CoordinatorError.self) {
            try await b.join(name: "again", address: "b:1")
        }
        #expect(refusal.code == .refused)
        try await first.leave()
        #expect(!first.isCurrent)
        _ = try await PenstockBrokerTests.first(of: b.memberUpdates()) { $0.map(\.name) == ["b"] }
        let again = try await a.join(name: "a", address: "node3:7400")
        #expect(try await b.members() == [again.member, second.member])
        await a.close()
        await b.close()
    }

    // MARK: Values

    @Test(
        "a value is changed only where it is as expected, and its revision rises",
        arguments: CoordinationBackend.possible)
    func values(_ backend: CoordinationBackend) async throws {
        let world = try await CoordinationWorld(backend)
        let (a, b) = (try await world.coordinator(), try await world.coordinator())
        #expect(try await a.value(of: key) == nil)
        #expect(try await a.change(key, to: [1], expecting: .revision(1)) == .conflict(nil))
        guard case .done(let first) = try await a.change(key, to: [0, 255, 10], expecting: .nothing) else {
            throw Unexpected("the first change is refused")
        }
        let stored = try #require(try await b.value(of: key))
        #expect(stored.bytes == [0, 255, 10] && stored.revision == first && stored.key == key)
        #expect(try await b.change(key, to: [2], expecting: .nothing) == .conflict(stored))
        guard case .done(let second) = try await b.change(key, to: [], expecting: .revision(first)) else {
            throw Unexpected("a change of the present revision is refused")
        }
        #expect(second > first)
        #expect(try await a.value(of: key)?.bytes == [])
        guard case .done = try await a.change(key, to: nil, expecting: .revision(second)) else {
            throw Unexpected("a deletion of the present revision is refused")
        }
        #expect(try await b.value(of: key) == nil)
        guard case .done(let third) = try await b.change(key, to: [3], expecting: .anything) else {
            throw Unexpected("a change that expects nothing is refused")
        }
        #expect(third > second)
        let large = [UInt8](repeating: 7, count: CoordinationLimits.valueBytes)
        _ = try await a.change(key, to: large, expecting: .anything)
        #expect(try await b.value(of: key)?.bytes == large)
        let error = try await #require(throws: CoordinatorError.self) {
            try await a.change(key, to: large + [1], expecting: .anything)
        }
        #expect(error.code == .invalidValue)
        await a.close()
        await b.close()
    }

    @Test("nothing is lost of what several count in one value", arguments: CoordinationBackend.possible)
    func counting(_ backend: CoordinationBackend) async throws {
        let world = try await CoordinationWorld(backend)
        var coordinators: [any Coordinator] = []
        for _ in 0..<3 { coordinators.append(try await world.coordinator()) }
        try await withThrowingTaskGroup(of: Void.self) { group in
            for coordinator in coordinators {
                group.addTask { [key] in
                    for _ in 0..<15 {
                        while true {
                            let value = try await coordinator.value(of: key)
                            let answer = try await coordinator.change(
                                key, to: [(value?.bytes[0] ?? 0) + 1],
                                expecting: value.map { .revision($0.revision) } ?? .nothing)
                            if case .done = answer { break }
                        }
                    }
                }
            }
            try await group.waitForAll()
        }
        #expect(try await coordinators[0].value(of: key)?.bytes == [45])
        for coordinator in coordinators { await coordinator.close() }
    }

    @Test("values and claims below a prefix are followed, others are not", arguments: CoordinationBackend.possible)
    func updates(_ backend: CoordinationBackend) async throws {
        let world = try await CoordinationWorld(backend)
        let (a, b) = (try await world.coordinator(), try await world.coordinator())
        let other = try CoordinationKey("elsewhere/1")
        let updates = b.updates(under: "partitions/")
        _ = try await a.change(other, to: [9], expecting: .anything)
        _ = try await a.change(key, to: [1], expecting: .anything)
        let lease = try held(await a.claim(key, for: "a"))
        let claimed = ClaimedKey(key: key, holder: "a", epoch: lease.epoch)
        let seen = try await first(of: updates) { !$0.values.isEmpty && !$0.claims.isEmpty }
        #expect(seen.values.map(\.key) == [key] && seen.claims == [claimed])
        #expect(try await b.snapshot(under: "partitions/") == seen)
        #expect(try await b.snapshot(under: "else").values.map(\.bytes) == [[9]])
        #expect(try await b.snapshot(under: "").values.map(\.key) == [other, key])
        let later = b.updates(under: "partitions/")
        try await lease.release()
        _ = try await a.change(key, to: nil, expecting: .anything)
        _ = try await first(of: later) { $0.values.isEmpty && $0.claims.isEmpty }
        await a.close()
        await b.close()
    }

    @Test("names that cannot be written are refused", arguments: CoordinationBackend.possible)
    func names(_ backend: CoordinationBackend) async throws {
        let world = try await CoordinationWorld(backend)
        let coordinator = try await world.coordinator()
        for name in ["", "a\nb", String(repeating: "x", count: 201)] {
            let claim = try await #require(throws: CoordinatorError.self) {
                try await coordinator.claim(key, for: name)
            }
            let join = try await #require(throws: CoordinatorError.self) {
                try await coordinator.join(name: "a", address: name)
            }
            #expect(claim.code == .invalidValue && join.code == .invalidValue)
        }
        await coordinator.close()
    }
}
