public import PenstockEvents

/// What an event says of the scan that its key names, where scans end by a count.
public enum ScanPart: Sendable, Hashable {
    /// An event of a producer, with its number from 0 without gaps.
    case event(producer: Int, number: Int)
    /// The scan begins, and these producers take part.
    case begin(producers: [Int])
    /// A producer has ended: it has sent the numbers below `expected`.
    case end(producer: Int, expected: Int)
    /// Numbers of a producer that will not come.
    case missing(producer: Int, numbers: [Int])
}

/// The events of a scan whose end is a count.
public struct CountedScan<ID: EventKey, Value: Sendable>: Sendable {
    /// The scan.
    public let id: ID
    /// The events in canonical order.
    public let events: [Value]
    /// How many events came, by producer.
    public let counts: [ProducerCount]
    /// Whether all producers have ended and nothing is missing.
    public let isComplete: Bool

    /// What came of a producer.
    public struct ProducerCount: Sendable, Hashable, Codable {
        /// The producer.
        public let producer: Int
        /// How many events came.
        public let received: Int
        /// How many it said it would send; nil where it did not end.
        public let expected: Int?
        /// The numbers that were declared missing, in order.
        public let missing: [Int]

        /// What came of a producer.
        public init(producer: Int, received: Int, expected: Int?, missing: [Int]) {
            self.producer = producer
            self.received = received
            self.expected = expected
            self.missing = missing
        }
    }

    /// A scan.
    public init(id: ID, events: [Value], counts: [ProducerCount], isComplete: Bool) {
        self.id = id
        self.events = events
        self.counts = counts
        self.isComplete = isComplete
    }
}

/// A producer has given two different numbers of events.
struct EndsDisagree: Diagnostic {
    let stage: StageName
    let scan: String
    let producer: Int
    let expected: [Int]

    var summary: String {
        "stage \(stage): producer \(producer) of the scan \(scan) has ended twice, with \(expected[0]) and with \(expected[1]) events"
    }
    var hint: String? { "a producer ends a scan once, with the number of the events that it has sent" }
    var category: FailureCategory { .data }
}

extension CountedScan: Codable where ID: Codable, Value: Codable {}
