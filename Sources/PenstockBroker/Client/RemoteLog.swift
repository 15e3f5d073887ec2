public import PenstockEvents
public import PenstockFabric
public import PenstockLog

/// A log that a broker in another process serves, or several.
///
/// Programs use it as they use any other log. Connections are made when they are needed, and again when one was lost: readers go on where
/// they were; writers, groups and transactions that were open on a lost connection fail with the code `unreachable`, and are opened again
/// by whoever knows what to do about what was not acknowledged. Of several brokers each is asked for what it has; those that come and go are
/// followed.
///
/// What is read comes over a connection of its own to each broker, which is made when something is read: it waits neither behind batches
/// that are on their way nor for them to be written. Everything else shares the other one.
public final class RemoteLog: LogStore {
    /// The bounds of a client.
    public struct Limits: Sendable, Hashable {
        /// For how long brokers are looked for, and readers wait for a broker that has gone.
        public var reachTimeout = Duration.seconds(30)
        /// How long the answer to a request may take. What waits for records has no such limit.
        public var requestTimeout = Duration.seconds(60)
        /// Bytes of batches that a writer holds until they are acknowledged, before `submit` suspends. A single larger one is sent when
        /// nothing else is on its way.
        public var pendingBytesPerWriter = 64 << 20
        /// Bytes of records that a reader asks for at once, with at least one batch; as many again are on their way meanwhile.
        public var fetchBytes = 1 << 20
        /// What batches may be; the broker's own limits hold too.
        public var log = LogLimits()

        /// The default limits.
        public init() {}
    }

    let limits: Limits
    let timer: any MonotonicClock
    let randomNumbers: any RandomSource
    private let brokers: BrokerConnections
    let client: String

    private struct State {
        var nextNumber: UInt32 = 1
    }

    private let state = Guarded(State())

    /// The log of the brokers at some addresses. Nothing is connected before it is used.
    ///
    /// - Parameters:
    ///   - addresses: Where some of the log's brokers are; they are tried in this order, and say where the others are.
    ///   - transport: Moves messages and payloads.
    ///   - client: What the program calls itself in the broker's messages.
    ///   - session: A secret that tells the holder of the token from others who show it; nil for one that only this object has.
    ///   - fabric: The fabric over which everything goes once a broker knows who this is; nil for none. One that is named must be there.
    ///   - timer: By which it waits.
    ///   - randomNumbers: Make the secret, and the names by which groups know their members.
    ///   - token: Proves who it is, where the connection does not; asked for at each connection.
    public init(
        at addresses: [FabricAddress], over transport: any Transport, client: String, limits: Limits = Limits(),
        session: [UInt8]? = nil, fabric: FabricChoice? = nil, timer: any MonotonicClock = SystemMonotonicClock(),
        randomNumbers: any RandomSource = SystemRandomSource(),
        token: @escaping @Sendable () throws(LogError) -> String = { () throws(LogError) in "" }
    ) {
        precondition(!addresses.isEmpty, "a remote log has an address")
        self.limits = limits
        self.timer = timer
        self.randomNumbers = randomNumbers
        self.client = client
        brokers = BrokerConnections(
            addresses, transport, limits, timer, client: client,
            session: session ?? (0..<32).map { _ in UInt8(truncatingIfNeeded: randomNumbers.next()) },
            fabric: fabric.map { FabricPath($0, transport.limits) }, token: token)
    }

    /// Ends the connections. What was submitted and not acknowledged fails.
    public func close() { brokers.close() }

    // MARK: Topics

    /// Creates a topic.
    public func createTopic(
        _ name: String, schema: Schema, configuration: TopicConfiguration
    ) async throws(LogError) -> TopicDescription {
        try await brokers.connection().call(.createTopic(name, schema, configuration))
    }

    /// The topic `name`, which is created where it is not there.
    public func openTopic(
        _ name: String, schema: Schema, creatingWith configuration: TopicConfiguration
    ) async throws(LogError) -> TopicDescription {
        try await repeated { connection throws(LogError) in
            try await connection.call(.openTopic(name, schema, configuration))
        }
    }

    /// The names of all topics.
    public func topics() async throws(LogError) -> [String] {
        try await repeated { connection throws(LogError) in try await connection.call(.topics) }
    }

    /// A topic's schema, configuration, partitions and offsets.
    public func describe(_ topic: String) async throws(LogError) -> TopicDescription {
        try await repeated { connection throws(LogError) in try await connection.call(.describe(topic)) }
    }

    /// Who writes to each partition of a topic, by number; for partitions that clients write to, the broker.
    public func owners(of topic: String) async throws(LogError) -> [PartitionOwner?] {
        try await repeated { connection throws(LogError) in try await connection.call(.owners(topic: topic)) }
    }

    /// Changes what may change in a topic's configuration.
    public func alterTopic(_ name: String, _ change: TopicChange) async throws(LogError) -> TopicDescription {
        try await repeated { connection throws(LogError) in try await connection.call(.alterTopic(name, change)) }
    }

    /// Gives up the records of a partition before an offset.
    public func truncate(_ partition: TopicPartition, before offset: UInt64) async throws(LogError) {
        try await repeated(at: partition) { connection throws(LogError) in
            try await connection.perform(.truncate(partition, before: offset))
        }
    }

    /// Deletes a topic with all its records.
    public func deleteTopic(_ name: String) async throws(LogError) {
        try await brokers.connection().perform(.deleteTopic(name))
    }

    // MARK: Writing

    /// Becomes the writer of a partition.
    public func writer(for partition: TopicPartition) async throws(LogError) -> any TopicWriter {
        try await writer(for: partition, committing: nil)
    }

    /// Becomes the writer of a partition, and commits the transaction with this id, where the last owner left it open.
    public func writer(
        for partition: TopicPartition, committing id: TransactionID?
    ) async throws(LogError) -> any TopicWriter {
        try await RemoteWriter(partition, .exclusive(committing: id), self)
    }

    /// A writer of a partition that others may have too.
    public func sharedWriter(for partition: TopicPartition) async throws(LogError) -> any TopicWriter {
        try await RemoteWriter(partition, .shared, self)
    }

    /// Begins a transaction over partitions that the caller writes to.
    public func transaction(over writers: [any TopicWriter]) async throws(LogError) -> any Transaction {
        try await RemoteTransaction.begin(over: writers)
    }

    /// Makes good what the last owner of a partition left behind.
    public func recover(_ partition: TopicPartition) async throws(LogError) {
        try await repeated(at: partition) { connection throws(LogError) in
            try await connection.perform(.recover(partition))
        }
    }

    // MARK: Reading

    /// A reader of a partition, which brings `parts` of every record.
    public func reader(
        for partition: TopicPartition, from position: ReadPosition, parts: RecordParts
    ) async throws(LogError) -> any TopicReader {
        try await RemoteReader(partition, from: position, parts, self)
    }

    // MARK: Groups

    /// Becomes the owner of a consumer group.
    public func group(_ name: String) async throws(LogError) -> any ConsumerGroup {
        try await RemoteGroup(name, self)
    }

    /// The committed positions of a group.
    public func positions(of group: String) async throws(LogError) -> GroupPositions {
        try await repeated { connection throws(LogError) in try await connection.call(.positions(group: group)) }
    }

    /// The names of all consumer groups.
    public func groups() async throws(LogError) -> [String] {
        try await repeated { connection throws(LogError) in try await connection.call(.groups) }
    }

    /// Deletes a consumer group with its positions.
    public func deleteGroup(_ name: String) async throws(LogError) {
        try await brokers.connection().perform(.deleteGroup(name))
    }

    // MARK: Brokers

    /// The brokers that serve the log, and which of them has what.
    /// - Throws: `LogError` with code `invalidConfiguration` where there is one only.
    public func cluster() async throws(LogError) -> ClusterDescription {
        try await repeated { connection throws(LogError) in try await connection.call(.cluster) }
    }

    /// A number for something that is opened.
    func nextNumber() -> UInt32 {
        state.withLock { state in
            defer { state.nextNumber &+= 1 }
            return state.nextNumber
        }
    }

    /// Does what may be done twice: again where the connection was lost meanwhile, or another broker has what it is about.
    /// - Parameters:
    ///   - partition: What it is about; nil for what every broker can do.
    ///   - purpose: Over which of the connections to the broker it goes.
    func repeated<Result: Sendable>(
        at partition: TopicPartition? = nil, over purpose: BrokerConnections.Purpose = .control,
        _ body: (ClientConnection) async throws(LogError) -> Result
    ) async throws(LogError) -> Result {
        let deadline = timer.now() + limits.reachTimeout
        var pause = Duration.milliseconds(5)
        var avoided: FabricAddress?
        while true {
            let connection = try await brokers.connection(for: purpose, to: partition, avoiding: avoided)
            do throws(LogError) { return try await body(connection) } catch {
                let isLost = error.code == .unreachable && !connection.isOpen
                guard isLost || error.code == .moved, timer.now() < deadline else { throw error }
                avoided = connection.address
                brokers.learn(partition, error.place.broker, from: connection)
            }
            // Where brokers come and go they may not agree at once.
            await timer.sleep(for: pause)
            pause = min(pause * 2, .milliseconds(500))
        }
    }
}
