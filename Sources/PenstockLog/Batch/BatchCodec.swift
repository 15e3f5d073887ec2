/// How the owner of a topic wants the bodies of its batches stored.
public enum BatchCodec: UInt8, Sendable, Hashable, CaseIterable {
    /// As they are.
    case raw = 0
    /// As LZ4 blocks, where a probe says that it pays.
    case lz4 = 1
}
