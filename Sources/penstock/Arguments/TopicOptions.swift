public import ArgumentParser
public import PenstockLog

/// How the records of a topic are stored.
struct StorageOptions: ParsableArguments {
    @Option(
        help: """
            What an acknowledged record survives: nothing (memory), the end of the process (pageCache), a power loss \
            (durable; default for a new topic).
            """
    )
    var durability: Durability?
    @Option(
        name: .customLong("segment-bytes"), parsing: .unconditional,
        help: "The size of a segment file, 64KiB to 4GiB (default for a new topic: 256MiB).",
        transform: ByteCount.parse)
    var segmentBytes: Int?
    @Option(help: "How batches are stored: raw or lz4 (default for a new topic: raw).") var codec: BatchCodec?
}

/// When the records of a topic may go.
struct RetentionOptions: ParsableArguments {
    @Option(
        name: .customLong("retention-bytes"), parsing: .unconditional,
        help: "Drop the oldest segments of a partition beyond this size, for example 10GiB.",
        transform: ByteCount.parse)
    var bytes: Int?
    @Option(
        name: .customLong("retention-age"), parsing: .unconditional,
        help: "Drop segments so long after their last append, for example 12h or 7d.",
        transform: Age.parse)
    var age: Duration?
    @Option(
        name: .customLong("keep-until-consumed-by"), help: "Keep what this consumer group has not consumed. Repeatable."
    )
    var groups: [String] = []

    var isEmpty: Bool { bytes == nil && age == nil && groups.isEmpty }

    /// `retention` with what was named in its place.
    func applied(to retention: Retention) -> Retention {
        Retention(
            bytes: bytes ?? retention.bytes, age: age ?? retention.age,
            untilConsumedBy: groups.isEmpty ? retention.untilConsumedBy : groups)
    }
}

extension Durability: ExpressibleByArgument {}
extension BatchCodec: ExpressibleByArgument {}
