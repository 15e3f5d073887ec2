/// How the bodies of a topic's new batches are stored.
public enum BatchCodec: String, Sendable, Hashable, CaseIterable {
    /// As they are.
    case raw
    /// As LZ4 blocks, attributes and payloads each on their own, where a probe says that it pays.
    case lz4

    /// The number in a batch's header; nil where this version does not know it.
    init?(number: UInt8) {
        switch number {
        case 0: self = .raw
        case 1: self = .lz4
        default: return nil
        }
    }

    var number: UInt8 { self == .raw ? 0 : 1 }
}
