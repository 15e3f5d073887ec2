internal import PenstockEvents

/// Something that was fetched and not delivered.
struct Fetched: Sendable {
    let content: Delivery.Content
    let offsets: Range<UInt64>
    /// Where the partition is read from when this was processed; an end of the stream stays where it is, so that it is
    /// found again.
    let next: UInt64
    let bytes: Int
}

/// What a consumer has of one partition. Touched under the consumer's lock only.
final class ConsumerLane {
    /// What the fetching is at.
    enum Phase {
        /// Something comes, or an answer that nothing does.
        case fetching
        /// Nobody fetches, until there is room or it is this lane's turn.
        case parked
        /// Nothing is there now: at the end, or before another attempt.
        case waiting
        /// Nothing comes any more.
        case ended
        case failed(LogError)
    }

    /// Before anything is known of a partition's batches.
    static let firstExpectedBytes = 1 << 20

    let partition: TopicPartition
    /// Tells it from the lane of another time at which the consumer had the partition.
    let number: UInt64
    /// Changes where what is being fetched does not count any more.
    var generation: UInt64
    /// Where reading begins when there is no reader.
    var start: ConsumerStart
    var phase = Phase.parked
    var buffer: [Fetched] = []
    var bufferedBytes = 0
    /// What the next batch is taken to have, by the last one.
    private(set) var expectedBytes = ConsumerLane.firstExpectedBytes
    /// Of a batch that is being fetched.
    var reservedBytes = 0
    /// While nobody fetches.
    var reader: (any TopicReader)?
    var isPaused = false
    var isRevoked = false
    var retry = RetryState()

    /// The offset behind what was delivered last, or where a seek has gone to.
    var position: UInt64?
    /// The offset behind what was delivered and asked to go on from.
    var processed: UInt64?
    /// What was committed last.
    var committed: UInt64?

    init(_ partition: TopicPartition, generation: UInt64, start: ConsumerStart) {
        self.partition = partition
        number = generation
        self.generation = generation
        self.start = start
    }

    /// Whether there is nothing more to deliver, ever.
    var isOver: Bool { if case .ended = phase { buffer.isEmpty } else { false } }

    func add(_ fetched: Fetched) {
        buffer.append(fetched)
        bufferedBytes += fetched.bytes
        reservedBytes = 0
        if case .records = fetched.content { expectedBytes = fetched.bytes }
    }

    func take() -> Fetched? {
        guard !buffer.isEmpty else { return nil }
        let fetched = buffer.removeFirst()
        bufferedBytes -= fetched.bytes
        return fetched
    }

    /// Forgets what was fetched, and goes on at `start`.
    func restart(at start: ConsumerStart, generation: UInt64, reader: (any TopicReader)?) {
        self.start = start
        self.generation = generation
        self.reader = reader
        phase = .parked
        reservedBytes = 0
        buffer = []
        bufferedBytes = 0
        retry.succeed()
    }
}
