import PenstockEvents
import PenstockLog
import Testing

@testable import PenstockLog

/// Members of a group that do what they like with a roster, and what they and an observer know of it.
struct RosterWorld {
    struct Person {
        var request: JoinRequest
        /// Nil while it is not connected.
        var seat: UInt64?
        /// What it takes itself to have.
        var held: [TopicPartition: UInt64] = [:]
        /// What it has been asked for.
        var wanted: Set<TopicPartition> = []
        var topics: Set<String> { Set(request.member.topics) }
    }

    var roster: GroupRoster
    var people: [Person] = []
    /// Seats that were valid once.
    var oldSeats: [(seat: UInt64, held: [TopicPartition: UInt64])] = []
    var commits: [(seat: UInt64, grants: [PartitionGrant])] = []
    var now: Int64 = 0
    /// How often somebody was asked for a partition.
    var revocations = 0
    private var nextID = 0

    init(_ topics: [String: Int]) throws {
        roster = GroupRoster(group: "g", firstNumber: 1)
        counts = topics
    }

    var counts: [String: Int]

    mutating func join(
        _ topics: [String], instance: String? = nil, session: Duration = .seconds(10),
        rebalance: Duration = .seconds(20)
    ) throws {
        nextID += 1
        let member = GroupMember(
            topics: topics, instance: instance, sessionTimeout: session, rebalanceTimeout: rebalance)
        let request = JoinRequest(id: "m\(nextID)", client: "test", member: member)
        if let instance, let before = people.firstIndex(where: { $0.request.member.instance == instance }) {
            retire(before)
            people.remove(at: before)
        }
        people.append(Person(request: request))
        try connect(people.count - 1)
    }

    mutating func connect(_ index: Int) throws {
        retire(index)
        people[index].seat = try roster.join(people[index].request, counts, at: now)
        people[index].request.isReturning = true
    }

    mutating func cut(_ index: Int) {
        guard let seat = people[index].seat else { return }
        retire(index)
        people[index].seat = nil
        roster.detach(seat, at: now)
    }

    mutating func leave(_ index: Int) {
        if let seat = people[index].seat {
            retire(index)
            roster.leave(seat, at: now)
        }
        people.remove(at: index)
    }

    private mutating func retire(_ index: Int) {
        if let seat = people[index].seat { oldSeats.append((seat, people[index].held)) }
    }

    /// Lets a member take its next change; false where there is none.
    @discardableResult
    mutating func take(_ index: Int) throws -> Bool {
        guard let seat = people[index].seat, let change = try roster.nextChange(for: seat) else { return false }
        switch change {
        case .snapshot(let grants):
            people[index].held = Dictionary(uniqueKeysWithValues: grants.map { ($0.partition, $0.number) })
            people[index].wanted = []
        case .assigned(let grants):
            for grant in grants {
                #expect(people[index].held[grant.partition] == nil, "\(grant.partition) was there already")
                people[index].held[grant.partition] = grant.number
            }
        case .revoked(let grants):
            revocations += grants.count
            for grant in grants {
                #expect(people[index].held[grant.partition] == grant.number)
                people[index].wanted.insert(grant.partition)
            }
        case .lost(let grants):
            for grant in grants {
                people[index].held[grant.partition] = nil
                people[index].wanted.remove(grant.partition)
            }
        }
        return true
    }

    /// Lets a member give back what it was asked for.
    mutating func release(_ index: Int) {
        guard let seat = people[index].seat else { return }
        let grants = people[index].wanted.compactMap { partition in
            people[index].held.removeValue(forKey: partition).map { PartitionGrant(partition: partition, number: $0) }
        }
        people[index].wanted = []
        roster.release(grants, by: seat, at: now)
    }

    mutating func beginCommit(_ index: Int) {
        guard let seat = people[index].seat, !people[index].held.isEmpty else { return }
        let grants = people[index].held.map { PartitionGrant(partition: $0, number: $1) }
        if (try? roster.beginCommit(grants, by: seat)) != nil { commits.append((seat, grants)) }
    }

    mutating func endCommit(_ index: Int) { roster.endCommit(commits.remove(at: index).grants, at: now) }

    /// Lets everybody do what it is asked for, until nobody is asked for anything.
    mutating func calm(except absent: Int? = nil) throws {
        while !commits.isEmpty { endCommit(0) }
        for _ in 0..<1_000 {
            var goesOn = false
            for index in people.indices where index != absent {
                while try take(index) { goesOn = true }
                if !people[index].wanted.isEmpty, people[index].seat != nil {
                    release(index)
                    goesOn = true
                }
            }
            if !goesOn { return }
        }
        Issue.record("the group does not come to rest")
    }

    // MARK: What must hold

    /// What holds at every moment.
    func check() {
        var owners: [TopicPartition: Int] = [:]
        for (index, person) in people.enumerated() {
            guard let seat = person.seat else { continue }
            for (partition, number) in person.held {
                var copy = roster
                guard (try? copy.beginCommit([PartitionGrant(partition: partition, number: number)], by: seat)) != nil
                else { continue }
                #expect(owners.updateValue(index, forKey: partition) == nil, "two may commit for \(partition)")
            }
        }
        for old in oldSeats.suffix(20) {
            for (partition, number) in old.held {
                var copy = roster
                let grant = PartitionGrant(partition: partition, number: number)
                #expect((try? copy.beginCommit([grant], by: old.seat)) == nil, "a dead one may commit for \(partition)")
            }
        }
        // Who begins behind a commit begins behind all of it.
        for commit in commits {
            for grant in commit.grants {
                for person in people {
                    guard let number = person.held[grant.partition] else { continue }
                    #expect(number <= grant.number, "\(grant.partition) was given away while a commit was on its way")
                }
            }
        }
    }

    /// What holds when nobody is asked for anything.
    func checkCalm() {
        let here = people.filter { $0.seat != nil }
        var owned: [TopicPartition: Int] = [:]
        for (index, person) in here.enumerated() {
            for partition in person.held.keys {
                #expect(owned.updateValue(index, forKey: partition) == nil, "\(partition) has two owners")
                #expect(person.topics.contains(partition.topic))
            }
        }
        let away = Set(roster.members.filter { $0.seat == nil }.flatMap { roster.partitions(of: $0.id) })
        for (topic, count) in counts where here.contains(where: { $0.topics.contains(topic) }) {
            for number in 0..<count {
                let partition = TopicPartition(topic, number)
                #expect(owned[partition] != nil || away.contains(partition), "nobody has \(partition)")
            }
        }
    }

    /// How many partitions each has who is here.
    var loads: [Int] { people.filter { $0.seat != nil }.map(\.held.count) }
}
