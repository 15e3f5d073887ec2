internal import PenstockEvents
internal import PenstockLog

/// Chooses the broker that is to have a partition: the same one wherever it is asked among the same members, and when somebody comes or
/// goes only what is his moves (D. G. Thaler, C. V. Ravishankar: Using name-based mappings to increase hit rates, 1998, doi:10.1109/90.663936).
enum Rendezvous {
    /// The broker that is to have a partition; nil without members.
    static func owner(of partition: TopicPartition, among members: [Member]) -> Member? {
        if let name = Audit.member(of: partition.topic), let own = members.first(where: { $0.name == name }) {
            return own
        }
        return members.max { a, b in
            let (first, second) = (weight(of: a, partition), weight(of: b, partition))
            return first == second ? b < a : first < second
        }
    }

    private static func weight(of member: Member, _ partition: TopicPartition) -> UInt64 {
        Array("\(member.name)\n\(partition.topic)\n\(partition.partition)".utf8).withUnsafeBytes { XXHash64.hash($0) }
    }
}
