internal import PenstockEvents

/// The members of a group and what each of them has: a state machine, to which events come with the time, and from which
/// members fetch their changes.
///
/// A partition has one grant at most, so it has one owner at most. What is to go to another member is revoked first,
/// and free when its owner has released it, has been taken for dead, or has taken too long; and when no commit for it is
/// on its way any more, so that the next owner begins behind it. Members that are not connected keep what they have
/// until they are taken for dead, and get nothing meanwhile.
struct GroupRoster {
    struct Member {
        let request: JoinRequest
        /// Of the connection that it has; nil where that has ended.
        var seat: UInt64?
        /// When it is taken for dead.
        var deadline: Int64?
        /// Whether the seat has to be told first what the member has.
        var needsSnapshot = true
        /// What was taken from it, and it has not been told.
        var lost: [PartitionGrant] = []

        var id: String { request.id }
    }

    struct Grant {
        enum Phase: Equatable {
            /// The member does not know of it.
            case new
            case held
            /// It is wanted back, until a deadline; whether the member knows.
            case revoked(until: Int64, isTold: Bool)
        }

        let number: UInt64
        let member: String
        var phase = Phase.new

        var isRevoked: Bool { if case .revoked = phase { true } else { false } }
    }

    let group: String
    let limits: GroupLimits
    /// In the order in which they came.
    private(set) var members: [Member] = []
    private(set) var grants: [TopicPartition: Grant] = [:]
    /// How many partitions the topics have that members name; 0 for one that is not there.
    private(set) var partitionCounts: [String: Int] = [:]
    /// Counts the changes of who has what.
    private(set) var generation: UInt64 = 0
    /// Commits that are on their way.
    private var commits: [TopicPartition: Int] = [:]
    private var nextNumber: UInt64

    /// - Parameter firstNumber: from where on grants are numbered. Far from those of another roster of the group, so that
    ///   members who come over from that one, when a broker has begun again, cannot mistake them.
    init(group: String, limits: GroupLimits = GroupLimits(), firstNumber: UInt64) {
        self.group = group
        self.limits = limits
        nextNumber = firstNumber
    }

    // MARK: Members

    /// A member comes, or comes back.
    ///
    /// - Parameter counts: how many partitions its topics have.
    /// - Returns: its seat. The one that it had, or that somebody under the same name had, is not valid any more.
    /// - Throws: `LogError` with code `invalidConfiguration` where it is more than the limits allow, `producerFenced`
    ///   where somebody else has come under its name since.
    mutating func join(
        _ request: JoinRequest, _ counts: [String: Int], at now: Int64
    ) throws(LogError) -> UInt64 {
        try request.check(limits, for: group)
        let partitionCounts = try merged(counts)
        let seat = newNumber()
        if let index = members.firstIndex(where: { $0.id == request.id || isInstance($0, of: request) }) {
            let known = members[index]
            guard known.id == request.id || !request.isReturning else { throw replaced() }
            for (partition, grant) in grants where grant.member == known.id {
                grants[partition] = Grant(number: grant.number, member: request.id, phase: grant.phase)
            }
            members[index] = Member(request: request, seat: seat)
        } else {
            guard members.count < limits.membersPerGroup else {
                throw .tooMuch("\(members.count + 1) members", "membersPerGroup", of: group)
            }
            members.append(Member(request: request, seat: seat))
        }
        self.partitionCounts = partitionCounts
        settle(at: now)
        return seat
    }

    /// The connection of a seat has ended.
    mutating func detach(_ seat: UInt64, at now: Int64) {
        guard let index = index(of: seat) else { return }
        members[index].seat = nil
        members[index].needsSnapshot = true
        members[index].deadline = now + members[index].request.member.sessionTimeout.nanoseconds
        settle(at: now)
    }

    /// A member leaves; one with a name is waited for.
    mutating func leave(_ seat: UInt64, at now: Int64) {
        guard let index = index(of: seat) else { return }
        if members[index].request.member.instance != nil { return detach(seat, at: now) }
        remove(index)
        settle(at: now)
    }

    // MARK: Partitions

    /// A member gives partitions back; what it does not have is passed over.
    mutating func release(_ released: [PartitionGrant], by seat: UInt64, at now: Int64) {
        guard let index = index(of: seat) else { return }
        for grant in released where isHeld(grant, by: members[index].id) { take(grant.partition) }
        settle(at: now)
    }

    /// A member begins to commit.
    /// - Throws: `LogError` with code `producerFenced` where it does not have one of the partitions, which is named.
    mutating func beginCommit(_ partitions: [PartitionGrant], by seat: UInt64) throws(LogError) {
        guard let index = index(of: seat) else { throw replaced() }
        for grant in partitions where !isHeld(grant, by: members[index].id) { throw .lost(grant.partition, to: group) }
        for grant in partitions { commits[grant.partition, default: 0] += 1 }
    }

    /// What was begun has ended, whichever way.
    mutating func endCommit(_ partitions: [PartitionGrant], at now: Int64) {
        for grant in partitions {
            let left = (commits[grant.partition] ?? 1) - 1
            commits[grant.partition] = left == 0 ? nil : left
        }
        // Somebody may be waiting for what is free.
        if partitions.contains(where: { grants[$0.partition] == nil }) { settle(at: now) }
    }

    /// Says how many partitions topics have now.
    /// - Throws: `LogError` with code `invalidConfiguration` where it is more than the limits allow.
    mutating func set(_ counts: [String: Int], at now: Int64) throws(LogError) {
        partitionCounts = try merged(counts)
        settle(at: now)
    }

    private func merged(_ counts: [String: Int]) throws(LogError) -> [String: Int] {
        let merged = partitionCounts.merging(counts) { $1 }
        let sum = merged.values.reduce(0, +)
        guard sum <= limits.partitionsPerGroup else {
            throw .tooMuch("\(sum) partitions", "partitionsPerGroup", of: group)
        }
        return merged
    }

    /// Time has passed.
    mutating func advance(to now: Int64) { settle(at: now) }

    /// When something happens by itself; nil for never.
    var nextDeadline: Int64? {
        var next = members.compactMap(\.deadline).min()
        for grant in grants.values {
            if case .revoked(let deadline, _) = grant.phase { next = min(next ?? deadline, deadline) }
        }
        return next
    }

    // MARK: What members are told

    /// The next change for a seat, which counts as told from now on; nil where there is none.
    /// - Throws: `LogError` with code `producerFenced` where the seat is not valid any more.
    mutating func nextChange(for seat: UInt64) throws(LogError) -> GrantChange? {
        guard let index = index(of: seat) else { throw replaced() }
        let own = partitions(of: members[index].id)
        if members[index].needsSnapshot {
            members[index].needsSnapshot = false
            members[index].lost = []
            return .snapshot(own.compactMap { tell($0, ofRevocation: false) })
        }
        if !members[index].lost.isEmpty {
            defer { members[index].lost = [] }
            return .lost(members[index].lost.sorted { $0.partition.precedes($1.partition) })
        }
        let revoked = own.filter { if case .revoked(_, isTold: false) = grants[$0]?.phase { true } else { false } }
        if !revoked.isEmpty { return .revoked(revoked.compactMap { tell($0, ofRevocation: true) }) }
        let new = own.filter { grants[$0]?.phase == .new }
        return new.isEmpty ? nil : .assigned(new.compactMap { tell($0, ofRevocation: false) })
    }

    private mutating func tell(_ partition: TopicPartition, ofRevocation isOfRevocation: Bool) -> PartitionGrant? {
        guard let grant = grants[partition] else { return nil }
        switch grant.phase {
        case .new: grants[partition]?.phase = .held
        // A seat that knew of nothing has to be told of the revocation, too.
        case .revoked(let deadline, _): grants[partition]?.phase = .revoked(until: deadline, isTold: isOfRevocation)
        case .held: break
        }
        return PartitionGrant(partition: partition, number: grant.number)
    }

    // MARK: Who gets what

    /// Goes by the time, and brings grants to where they are to be.
    private mutating func settle(at now: Int64) {
        expire(at: now)
        let known = allPartitions
        let isKnown = Set(known)
        for partition in grants.keys where !isKnown.contains(partition) { lose(partition) }
        let patience = Dictionary(
            uniqueKeysWithValues: members.filter { $0.seat != nil }
                .map { ($0.id, $0.request.member.rebalanceTimeout.nanoseconds) })
        let owners = owners(of: known)
        for partition in known {
            let owner = owners[partition]
            guard let grant = grants[partition] else {
                give(partition, to: owner)
                continue
            }
            guard let patience = patience[grant.member] else { continue }
            switch grant.phase {
            case .new where grant.member != owner:
                // Nobody knows of it yet.
                take(partition)
                give(partition, to: owner)
            case .held where grant.member != owner:
                grants[partition]?.phase = .revoked(until: now + patience, isTold: false)
                generation += 1
            case .revoked(_, isTold: false) where grant.member == owner:
                grants[partition]?.phase = .held
            case .new, .held, .revoked: break
            }
        }
    }

    /// How those who are here are to share what there is. What they are giving back is anybody's.
    private func owners(of known: [TopicPartition]) -> [TopicPartition: String] {
        let here = members.filter { $0.seat != nil }
        let places = Dictionary(uniqueKeysWithValues: here.enumerated().map { ($1.id, $0) })
        var free: [TopicPartition] = []
        var held: [(TopicPartition, Int)] = []
        for partition in known {
            switch grants[partition].map({ ($0.phase, places[$0.member]) }) {
            case nil, (.revoked(_, isTold: true), .some)?: free.append(partition)
            case (_, let place?)?: held.append((partition, place))
            case (_, nil)?: break
            }
        }
        let topics = here.map { Set($0.request.member.topics) }
        return PartitionSharing.share(free: free, held: held, among: topics).mapValues { here[$0].id }
    }

    private mutating func expire(at now: Int64) {
        for index in members.indices.reversed() {
            if let deadline = members[index].deadline, deadline <= now { remove(index) }
        }
        for (partition, grant) in grants {
            if case .revoked(let deadline, _) = grant.phase, deadline <= now { lose(partition) }
        }
    }

    private mutating func remove(_ index: Int) {
        let member = members.remove(at: index)
        for partition in partitions(of: member.id) { take(partition) }
        let named = Set(members.flatMap(\.request.member.topics))
        partitionCounts = partitionCounts.filter { named.contains($0.key) }
    }

    private mutating func give(_ partition: TopicPartition, to member: String?) {
        guard let member, commits[partition] == nil else { return }
        grants[partition] = Grant(number: newNumber(), member: member)
        generation += 1
    }

    private mutating func take(_ partition: TopicPartition) {
        grants[partition] = nil
        generation += 1
    }

    /// Takes a partition from its member, who is told.
    private mutating func lose(_ partition: TopicPartition) {
        guard let grant = grants[partition] else { return }
        take(partition)
        guard grant.phase != .new, let index = members.firstIndex(where: { $0.id == grant.member }) else { return }
        members[index].lost.append(PartitionGrant(partition: partition, number: grant.number))
    }

    private mutating func newNumber() -> UInt64 {
        defer { nextNumber += 1 }
        return nextNumber
    }
}
