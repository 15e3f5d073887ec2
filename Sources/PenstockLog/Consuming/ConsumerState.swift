internal import Dispatch
internal import PenstockEvents

/// What a consumer knows, behind its lock.
struct ConsumerState {
    /// Who waits for something to be delivered.
    enum Waiter: Sendable {
        case task(UInt64, CheckedContinuation<Void, Never>)
        case thread(UInt64, DispatchSemaphore)

        var number: UInt64 {
            switch self {
            case .task(let number, _), .thread(let number, _): number
            }
        }

        func wake() {
            switch self {
            case .task(_, let continuation): continuation.resume()
            case .thread(_, let semaphore): semaphore.signal()
            }
        }
    }

    /// What has to be done when the lock is free again.
    struct Work: Sendable {
        var waiters: [Waiter] = []
        var fetches: [Fetch] = []
        var startsCommits = false
        /// Who waits for a batch to be processed, so that its partition can be given back.
        var processed: [CheckedContinuation<Void, Never>] = []
    }

    struct Fetch: Sendable {
        let partition: TopicPartition
        let generation: UInt64
    }

    /// What there is to deliver.
    enum Outcome: Sendable {
        case delivery(Delivery)
        case end
        case failure(LogError)
        /// Nothing yet; the number of the last change.
        case nothing(UInt64)
    }

    /// By topic and number.
    var lanes: [ConsumerLane] = [] {
        didSet { places = Dictionary(uniqueKeysWithValues: lanes.map { ($0.partition, $0) }) }
    }
    private var places: [TopicPartition: ConsumerLane] = [:]
    /// Whether the first assignment has come.
    var isAssigned = false
    /// Which lane comes next.
    var turn = 0
    /// The partition whose delivery is being processed.
    var inHand: TopicPartition?
    var nextGeneration: UInt64 = 0
    /// The fetching tasks that live, by generation.
    var fetching: [UInt64: Task<Void, Never>?] = [:]
    /// What ended the consumer.
    var failure: LogError?
    var isClosed = false
    /// Counts what could let a waiter go on.
    var changes: UInt64 = 0
    var waiters: [Waiter] = []
    var nextWaiter: UInt64 = 0
    var handWaiters: [CheckedContinuation<Void, Never>] = []
    var isCommitting = false
    var commits: Task<Void, Never>?

    func lane(_ partition: TopicPartition) -> ConsumerLane? { places[partition] }

    /// The lane if what is being fetched for it still counts.
    func lane(_ fetch: Fetch) -> ConsumerLane? {
        guard !isClosed, let lane = lane(fetch.partition), lane.generation == fetch.generation else { return nil }
        return lane
    }

    mutating func newGeneration() -> UInt64 {
        defer { nextGeneration += 1 }
        return nextGeneration
    }

    /// Tells whoever waits for something to deliver.
    mutating func change(_ work: inout Work) {
        changes += 1
        work.waiters += waiters
        waiters = []
    }

    /// What was in hand is processed.
    mutating func finishHand(_ work: inout Work) {
        guard let partition = inHand else { return }
        if let lane = lane(partition) { lane.processed = lane.position }
        dropHand(&work)
    }

    /// What was in hand does not count any more.
    mutating func dropHand(_ work: inout Work) {
        inHand = nil
        work.processed += handWaiters
        handWaiters = []
    }

    /// Positions that are processed and not committed.
    var uncommitted: [TopicPartition: UInt64] {
        var positions: [TopicPartition: UInt64] = [:]
        for lane in lanes {
            if let processed = lane.processed, processed != lane.committed { positions[lane.partition] = processed }
        }
        return positions
    }
}
