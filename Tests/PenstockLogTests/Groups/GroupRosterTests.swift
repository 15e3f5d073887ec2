import PenstockEvents
import PenstockLog
import Testing

@testable import PenstockLog

@Suite("Who has what in a group")
struct GroupRosterTests {
    @Test(
        "whatever members do, a partition has one owner, commits are not lost, and all comes to rest, by seeds",
        arguments: 0..<20)
    func anything(part: Int) throws {
        for seed in UInt64(part) * 100..<UInt64(part + 1) * 100 { try run(seed) }
    }

    private func run(_ seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        let topics = ["a": Int.random(in: 1...7, using: &random), "b": Int.random(in: 0...5, using: &random)]
        var world = try RosterWorld(topics)
        let wishes = [["a"], ["b"], ["a", "b"]]
        for _ in 0..<60 {
            let person = world.people.indices.randomElement(using: &random)
            switch Int.random(in: 0..<13, using: &random) {
            case 0, 1:
                guard world.people.count < 6 else { break }
                let names = [nil, nil, "x", "y"]
                try world.join(
                    wishes.randomElement(using: &random)!, instance: names.randomElement(using: &random)!)
            case 2: if let person { world.cut(person) }
            case 3: if let person { try? world.connect(person) }
            case 4: if let person, Bool.random(using: &random) { world.leave(person) }
            case 5, 6, 7: if let person { try world.take(person) }
            case 8: if let person { world.release(person) }
            case 9: if let person { world.beginCommit(person) }
            case 10: if !world.commits.isEmpty { world.endCommit(world.commits.indices.randomElement(using: &random)!) }
            case 11:
                world.now += Duration.seconds(Int.random(in: 1...12, using: &random)).nanoseconds
                world.roster.advance(to: world.now)
            default:
                world.counts["b"] = Int.random(in: 0...5, using: &random)
                try world.roster.set(["b": world.counts["b"]!], at: world.now)
            }
            world.check()
        }
        try world.calm()
        world.check()
        world.checkCalm()
        #expect(squares(world.loads) == smallestSquares(of: world), "seed \(seed): loads are \(world.loads)")
    }

    private func squares(_ loads: [Int]) -> Int { loads.reduce(0) { $0 + $1 * $1 } }

    /// The sum of the squares of the loads where they are as even as can be, by trying partitions of a topic as numbers:
    /// every split of them over those who want them.
    private func smallestSquares(of world: RosterWorld) -> Int {
        let here = world.people.filter { $0.seat != nil }
        let away = Set(world.roster.members.filter { $0.seat == nil }.flatMap { world.roster.partitions(of: $0.id) })
        var best = Int.max
        func place(_ topics: ArraySlice<String>, _ loads: [Int]) {
            guard let topic = topics.first else {
                best = min(best, squares(loads))
                return
            }
            let takers = here.indices.filter { here[$0].topics.contains(topic) }
            let count = (0..<(world.counts[topic] ?? 0)).count { !away.contains(TopicPartition(topic, $0)) }
            split(takers.isEmpty ? 0 : count, takers[...], loads) { place(topics.dropFirst(), $0) }
        }
        func split(_ count: Int, _ takers: ArraySlice<Int>, _ loads: [Int], _ then: ([Int]) -> Void) {
            guard let taker = takers.first else {
                if count == 0 { then(loads) }
                return
            }
            for share in takers.count == 1 ? count...count : 0...count {
                var loads = loads
                loads[taker] += share
                split(count - share, takers.dropFirst(), loads, then)
            }
        }
        place(["a", "b"], Array(repeating: 0, count: here.count))
        return best
    }

    @Test("who comes gets its even share, from those who have more, and nothing else moves", arguments: 0..<200)
    func joining(seed: Int) throws {
        var random = SeededGenerator(seed: UInt64(seed))
        let count = Int.random(in: 1...40, using: &random)
        var world = try RosterWorld(["a": count])
        for size in 1...8 {
            let before = world.people.map(\.held)
            world.revocations = 0
            try world.join(["a"])
            try world.calm()
            // Only what the new one has was asked of others, which is its share.
            #expect(world.revocations == (size == 1 ? 0 : count / size))
            #expect((world.loads.max() ?? 0) - (world.loads.min() ?? 0) <= 1)
            if count >= size { #expect(world.loads.allSatisfy { $0 > 0 }) }
            for (index, held) in before.enumerated() {
                #expect(world.people[index].held.allSatisfy { held[$0.key] == $0.value }, "something moved beside")
            }
        }
        for _ in 0..<7 {
            let gone = world.people.indices.randomElement(using: &random)!
            var before = world.people.map(\.held)
            before.remove(at: gone)
            world.revocations = 0
            world.leave(gone)
            try world.calm()
            #expect(world.revocations == 0)
            #expect((world.loads.max() ?? 0) - (world.loads.min() ?? 0) <= 1)
            for (index, held) in before.enumerated() {
                #expect(held.allSatisfy { world.people[index].held[$0.key] == $0.value }, "something moved beside")
            }
        }
    }

    @Test("a partition that is wanted by another one stays with its owner until that has released it")
    func cooperation() throws {
        var world = try RosterWorld(["a": 2])
        try world.join(["a"])
        try world.take(0)
        #expect(world.people[0].held.count == 2)
        try world.join(["a"])
        try world.take(1)
        try world.take(0)
        #expect(world.people[0].wanted == [TopicPartition("a", 1)])
        #expect(try !world.take(1))
        world.beginCommit(0)
        world.release(0)
        // The commit of what it finished is still on its way.
        #expect(try !world.take(1))
        world.endCommit(0)
        #expect(try world.take(1))
        #expect(world.people.map { $0.held.keys.map(\.partition) } == [[0], [1]])
    }

    @Test("who does not release in time loses the partition, and keeps the rest")
    func slow() throws {
        var world = try RosterWorld(["a": 4])
        try world.join(["a"], rebalance: .seconds(20))
        try world.take(0)
        try world.join(["a"])
        try world.calm(except: 0)
        try world.take(0)
        #expect(world.people[0].wanted.count == 2)
        world.now += Duration.seconds(19).nanoseconds
        world.roster.advance(to: world.now)
        #expect(try !world.take(1))
        #expect(world.roster.nextDeadline == Duration.seconds(20).nanoseconds)
        world.now += Duration.seconds(1).nanoseconds
        world.roster.advance(to: world.now)
        #expect(try world.take(1))
        #expect(world.people[1].held.count == 2)
        let lost = world.people[0].wanted.map { PartitionGrant(partition: $0, number: world.people[0].held[$0]!) }
        let error = #expect(throws: LogError.self) { try world.roster.beginCommit(lost, by: world.people[0].seat!) }
        #expect(error?.code == .producerFenced && error?.place.partition == lost[0].partition)
        try world.take(0)
        #expect(world.people[0].held.count == 2)
        world.check()
    }

    @Test("who has a name comes back within its time-out, and nothing has moved; behind it, all has")
    func statics() throws {
        var world = try RosterWorld(["a": 4])
        try world.join(["a"], instance: "one")
        try world.join(["a"], instance: "two")
        try world.calm()
        let before = world.people[0].held
        for _ in 0..<3 {
            let generation = world.roster.generation
            let seat = try #require(world.people[0].seat)
            world.roster.leave(seat, at: world.now)
            world.now += Duration.seconds(9).nanoseconds
            world.roster.advance(to: world.now)
            #expect(try !world.take(1))
            // As another program: it has another id.
            try world.join(["a"], instance: "one")
            world.people.swapAt(0, 1)
            try world.calm()
            #expect(world.people[0].held == before)
            #expect(world.roster.generation == generation)
        }
        world.cut(0)
        world.now += Duration.seconds(10).nanoseconds
        world.roster.advance(to: world.now)
        try world.calm()
        #expect(world.people[1].held.count == 4)
        #expect(world.roster.members.count == 1)
    }

    @Test("of two with one name the newer one has the place, and the older one cannot come back into it")
    func fencing() throws {
        var world = try RosterWorld(["a": 2])
        try world.join(["a"], instance: "one")
        try world.calm()
        let old = world.people[0]
        try world.join(["a"], instance: "one")
        try world.calm()
        #expect(world.people.count == 1 && world.people[0].held == old.held)
        #expect(throws: LogError.self) { try world.roster.nextChange(for: old.seat!) }
        let grants = old.held.map { PartitionGrant(partition: $0, number: $1) }
        #expect(throws: LogError.self) { try world.roster.beginCommit(grants, by: old.seat!) }
        let error = #expect(throws: LogError.self) { try world.roster.join(old.request, [:], at: world.now) }
        #expect(error?.code == .producerFenced)
    }

    @Test("who is cut off keeps what it has for its time-out, and gets nothing more")
    func cutOff() throws {
        var world = try RosterWorld(["a": 4])
        try world.join(["a"])
        try world.join(["a"])
        try world.calm()
        let before = world.people[0].held
        world.cut(0)
        world.counts["a"] = 6
        try world.roster.set(world.counts, at: world.now)
        try world.calm()
        #expect(world.people[1].held.count == 4)
        try world.connect(0)
        try world.calm()
        #expect(before.allSatisfy { world.people[0].held[$0.key] == $0.value })
        #expect(world.loads == [3, 3])
    }

    @Test("what is too much is refused")
    func limits() throws {
        var limits = GroupLimits()
        (limits.membersPerGroup, limits.topicsPerMember, limits.partitionsPerGroup) = (2, 2, 10)
        var roster = GroupRoster(group: "g", limits: limits, firstNumber: 1)
        func join(_ id: String, _ member: GroupMember, _ counts: [String: Int] = [:]) throws -> LogError.Code? {
            do throws(LogError) {
                _ = try roster.join(JoinRequest(id: id, client: "test", member: member), counts, at: 0)
                return nil
            } catch {
                return error.code
            }
        }
        #expect(try join("1", GroupMember(topics: [])) == .invalidConfiguration)
        #expect(try join("1", GroupMember(topics: ["a", "b", "c"])) == .invalidConfiguration)
        #expect(try join("1", GroupMember(topics: ["../a"])) == .invalidTopicName)
        #expect(try join("1", GroupMember(topics: ["a"]), ["a": 11]) == .invalidConfiguration)
        #expect(try join("", GroupMember(topics: ["a"])) == .invalidConfiguration)
        #expect(try join("1", GroupMember(topics: ["a"], instance: "")) == .invalidConfiguration)
        #expect(try join("1", GroupMember(topics: ["a"], sessionTimeout: .seconds(-1))) == .invalidConfiguration)
        #expect(roster.members.isEmpty)
        #expect(try join("1", GroupMember(topics: ["a"]), ["a": 10]) == nil)
        #expect(try join("2", GroupMember(topics: ["a"])) == nil)
        #expect(try join("3", GroupMember(topics: ["a"])) == .invalidConfiguration)
        #expect(throws: LogError.self) { try roster.set(["a": 11], at: 0) }
    }
}
