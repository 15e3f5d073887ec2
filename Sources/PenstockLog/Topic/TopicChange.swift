/// What `alterTopic` changes; nil leaves a thing as it is. Partitions, schema and compaction key are for the life of a topic.
public struct TopicChange: Sendable, Hashable {
    /// When records may go.
    public var retention: Retention?
    /// When an append is acknowledged.
    public var durability: Durability?
    /// The size at which a segment file is sealed.
    public var segmentBytes: Int?
    /// How the bodies of new batches are stored.
    public var codec: BatchCodec?

    /// A change of what is not nil.
    public init(
        retention: Retention? = nil, durability: Durability? = nil, segmentBytes: Int? = nil, codec: BatchCodec? = nil
    ) {
        self.retention = retention
        self.durability = durability
        self.segmentBytes = segmentBytes
        self.codec = codec
    }

    func applied(to configuration: TopicConfiguration) -> TopicConfiguration {
        var changed = configuration
        if let retention { changed.retention = retention }
        if let durability { changed.durability = durability }
        if let segmentBytes { changed.segmentBytes = segmentBytes }
        if let codec { changed.codec = codec }
        return changed
    }
}
