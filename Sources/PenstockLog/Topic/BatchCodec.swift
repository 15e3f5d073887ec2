/// How the bodies of a topic's batches are stored.
public enum BatchCodec: String, Sendable, Hashable, CaseIterable {
    /// As they are.
    case raw
    /// As LZ4 blocks where that makes them smaller; a probe keeps what does not shrink as it is.
    case lz4
}
