extension LogError {
    /// What a refused batch means for a person.
    init(_ refusal: Refusal, partition: TopicPartition) {
        var place = Place(partition: partition)
        switch refusal {
        case .closed:
            self.init(.closed, "the writer of \(partition) is closed", place: place)
        case .displaced(let wanted, let next):
            place.offsets = next..<next
            self.init(
                .offsetMismatch, "a batch for offset \(wanted) of \(partition) would get offset \(next)",
                hint: wanted > next
                    ? "what was submitted before it failed; submit from offset \(next) on"
                    : "the partition has grown since; read up to offset \(next) before deciding what to submit",
                place: place)
        case .transactionOpen(let id):
            self.init(
                .transactionOpen, "transaction \(id) has \(partition) to itself",
                hint: "append when it has committed or aborted, or through the transaction", place: place)
        case .transactionFailed(let id):
            self.init(
                .transactionFailed,
                "\(partition) takes nothing more of transaction \(id): a write failed, or it has ended",
                hint: "abort it, and do it again in a new transaction", place: place)
        case .tooManyProducers(let limit):
            self.init(
                .tooManyProducers, "\(partition) has \(limit) producers already",
                hint: "use the names of earlier producers, or open the log with a larger producersPerPartition limit",
                place: place)
        case .unknownProducer(let id):
            self.init(
                .unknownProducer, "\(partition) has no such session of a producer \(id)",
                hint: "take the stamp from a session of this partition", place: place)
        case .fenced(let stamp, let epoch):
            self.init(
                .producerFenced,
                "producer \(stamp.producer) of \(partition) has a newer session: epoch \(epoch), this one has \(stamp.epoch)",
                hint: "stop this instance: another one works under its name", place: place)
        case .gap(let stamp, let expected):
            place.sequence = expected
            self.init(
                .sequenceGap,
                "producer \(stamp.producer) of \(partition) submits sequence \(stamp.firstSequence), \(expected) comes next",
                hint: "submit from sequence \(expected) on", place: place)
        case .partlyWritten(let stamp, let count, let sequence):
            place.sequence = sequence
            self.init(
                .partlyWritten,
                "\(partition) holds a part of sequences \(stamp.firstSequence)..<\(stamp.firstSequence + UInt64(count)) "
                    + "of producer \(stamp.producer)",
                hint: "submit from sequence \(sequence) on", place: place)
        }
    }
}
