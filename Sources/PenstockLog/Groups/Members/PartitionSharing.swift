/// Who of a group's members is to have which partitions: as even as their topics allow, and with as few moves as that
/// needs.
///
/// Partitions are tasks, members machines, and a member can have the partitions of its topics: loads are as even as they
/// can be where no cost-reducing path is left, along which each member hands a partition on until one that has two less
/// than the first takes one. N. J. A. Harvey, R. E. Ladner, L. Lovász, T. Tamir, "Semi-matchings for bipartite graphs
/// and load balancing", Journal of Algorithms 59 (2006) 53-78, doi:10.1016/j.jalgor.2004.09.004.
struct PartitionSharing {
    /// What a member has of one topic, by number.
    private struct Bag {
        var held: [TopicPartition] = []
        /// Given here: to move it once more disturbs nobody.
        var new: [TopicPartition] = []

        func has(_ movesHeld: Bool) -> Bool { !new.isEmpty || movesHeld && !held.isEmpty }
    }

    private let topics: [Set<String>]
    /// The members that name a topic, in their order.
    private var subscribers: [String: [Int]] = [:]
    private var bags: [[String: Bag]]
    private var loads: [Int]

    /// Shares partitions.
    ///
    /// - Parameters:
    ///   - free: partitions that nobody has, in order.
    ///   - held: partitions that have a member, by its index, in order.
    ///   - topics: the topics of each member; what a member has of others is free.
    /// - Returns: who has each partition now; those that no member wants are left out.
    static func share(
        free: [TopicPartition], held: [(partition: TopicPartition, member: Int)], among topics: [Set<String>]
    ) -> [TopicPartition: Int] {
        var sharing = PartitionSharing(topics)
        var free = free
        for (partition, member) in held {
            if topics[member].contains(partition.topic) {
                sharing.bags[member][partition.topic, default: Bag()].held.append(partition)
                sharing.loads[member] += 1
            } else {
                free.append(partition)
            }
        }
        sharing.give(free)
        sharing.balance(movesHeld: false)
        sharing.balance(movesHeld: true)
        var owners: [TopicPartition: Int] = [:]
        for (member, bags) in sharing.bags.enumerated() {
            for bag in bags.values { for partition in bag.held + bag.new { owners[partition] = member } }
        }
        return owners
    }

    private init(_ topics: [Set<String>]) {
        self.topics = topics
        for (member, names) in topics.enumerated() {
            for name in names { subscribers[name, default: []].append(member) }
        }
        bags = Array(repeating: [:], count: topics.count)
        loads = Array(repeating: 0, count: topics.count)
    }

    /// Gives each to the one of its members that has the least.
    private mutating func give(_ free: [TopicPartition]) {
        for partition in free {
            guard let member = subscribers[partition.topic]?.min(by: { (loads[$0], $0) < (loads[$1], $1) }) else {
                continue
            }
            bags[member][partition.topic, default: Bag()].new.append(partition)
            loads[member] += 1
        }
    }

    private mutating func balance(movesHeld: Bool) {
        while (loads.max() ?? 0) - (loads.min() ?? 0) > 1, let path = costReducingPath(movesHeld) {
            for step in path { move(step) }
        }
    }

    private struct Step {
        let from: Int
        let to: Int
        let topic: String
    }

    private mutating func move(_ step: Step) {
        var bag = bags[step.from][step.topic] ?? Bag()
        // The last one, so that those that stay are the same whoever comes.
        let partition = bag.new.popLast() ?? bag.held.removeLast()
        bags[step.from][step.topic] = bag
        bags[step.to][step.topic, default: Bag()].new.append(partition)
        loads[step.from] -= 1
        loads[step.to] += 1
    }

    /// The shortest path from a member with the most to one with at least two less, from its end on.
    private func costReducingPath(_ movesHeld: Bool) -> [Step]? {
        // Who was seen from a member with more, and from where nothing was found, leads nowhere either.
        var steps: [Step?] = Array(repeating: nil, count: loads.count)
        var isSeen = Array(repeating: false, count: loads.count)
        var seenTopics: Set<String> = []
        for start in loads.indices.sorted(by: { (loads[$1], $0) < (loads[$0], $1) }) where !isSeen[start] {
            isSeen[start] = true
            var queue = [start]
            var next = 0
            while next < queue.count {
                let member = queue[next]
                next += 1
                var found: Int?
                for topic in bags[member].keys.sorted() where bags[member][topic]?.has(movesHeld) ?? false {
                    guard seenTopics.insert(topic).inserted else { continue }
                    for other in subscribers[topic] ?? [] where !isSeen[other] {
                        isSeen[other] = true
                        steps[other] = Step(from: member, to: other, topic: topic)
                        queue.append(other)
                        if loads[other] + 2 <= loads[start], loads[other] < found.map({ loads[$0] }) ?? .max {
                            found = other
                        }
                    }
                }
                if let found { return path(to: found, steps) }
            }
        }
        return nil
    }

    private func path(to end: Int, _ steps: [Step?]) -> [Step] {
        var path: [Step] = []
        var member = end
        while let step = steps[member] {
            path.append(step)
            member = step.from
        }
        return path
    }
}
