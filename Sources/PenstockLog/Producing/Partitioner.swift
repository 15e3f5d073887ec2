internal import PenstockEvents

/// Which partition of a topic a record goes to, where its sender does not say.
public enum Partitioner: Sendable {
    /// The one that the key's group belongs to, the same as a pipeline's stages send it to; records without a key go to
    /// partition 0.
    case key
    /// One after the other, in the order of `send`.
    case roundRobin
    /// The sender names it for each record.
    case explicit
    /// What the function says for the key's hash, nil for a record without one, and the number of partitions.
    case custom(@Sendable (_ keyHash: UInt64?, _ partitions: Int) -> Int)

    func partition(_ keyHash: UInt64?, among partitions: Int, turn: inout Int) -> Int? {
        switch self {
        case .key: return keyHash.map { KeyGroup.partition(of: $0, among: partitions) } ?? 0
        case .roundRobin:
            defer { turn = turn + 1 == partitions ? 0 : turn + 1 }
            return turn
        case .explicit: return nil
        case .custom(let choose): return choose(keyHash, partitions)
        }
    }
}
