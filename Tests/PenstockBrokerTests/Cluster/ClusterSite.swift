import Foundation
import PenstockBroker
import PenstockEvents
import PenstockFabric
import PenstockLog
import PenstockSecurity
import TestSupport
import Testing

/// Several brokers on one directory, each in a process of its own.
final class ClusterSite: Sendable {
    static let topic = "readings"
    let folder: TestFolder
    let transport: TCPTransport
    private let world: CoordinationWorld
    private let lease: String

    /// - Parameter lease: Of all brokers. A renewal of a machine that is busy with other tests may be late: what is asserted should hold with
    ///   leases that lapse, too.
    init(_ backend: CoordinationBackend, partitions: Int, lease: String = "6s") async throws {
        self.lease = lease
        folder = try TestFolder()
        world = try await CoordinationWorld(backend)
        // For machines that are busy with other tests.
        var limits = FabricLimits()
        limits.pullTimeout = .seconds(600)
        transport = try TCPTransport(limits: limits, security: .plaintext)
        let log = try await EmbeddedLog(directory: folder("log"))
        _ = try await log.createTopic(
            Self.topic, schema: Reading.schema, configuration: TopicConfiguration(partitions: partitions))
    }

    func start(_ name: String) async throws -> BrokerProcess {
        try await BrokerProcess(name, arguments(of: name))
    }

    /// What starts a broker of the site.
    func arguments(of name: String) -> [String] {
        ["serve", "--listen", "127.0.0.1:0", "--name", name, "--data", folder("log"), "--lease", lease]
            + world.arguments
    }

    /// A program that knows of some brokers.
    func client(of brokers: BrokerProcess...) -> RemoteLog {
        let path = folder("log") + "/.broker-token"
        return RemoteLog(
            at: brokers.map(\.address), over: transport, client: "test", limits: .patient
        ) { () throws(LogError) in
            do throws(SecurityError) { return try TokenFile.read(path) } catch {
                throw LogError(.notAllowed, error.summary)
            }
        }
    }

    /// Waits until the brokers say so.
    func until(
        _ log: RemoteLog, _ holds: @escaping @Sendable (ClusterDescription) -> Bool
    ) async throws {
        try await patiently {
            while true {
                if let cluster = try? await log.cluster(), holds(cluster) { return }
                try await Task.sleep(for: .milliseconds(50))
            }
        }
    }

    /// Checks the files when all is over: everything intact, the epochs of a partition's segments rise with the offsets, and the records of
    /// every partition are these.
    func check(_ expected: [[Int]], _ note: Comment? = nil) async throws {
        let log = try await EmbeddedLog(directory: folder("log"), creating: false)
        for (number, numbers) in expected.enumerated() {
            let partition = TopicPartition(Self.topic, number)
            try await log.recover(partition)
            #expect(try await log.numbers(in: partition) == numbers, note)
            let epochs = try epochs(of: number)
            #expect(epochs == epochs.sorted(), note)
        }
        let report = try await log.verify(topic: Self.topic)
        #expect(report.isIntact, "\(report)")
    }

    /// The epochs of a partition's segments, in the order of their offsets, from the names of the files.
    func epochs(of number: Int) throws -> [UInt32] {
        let names = try FileManager.default.contentsOfDirectory(atPath: folder("log") + "/\(Self.topic)/\(number)")
        return names.filter { $0.hasSuffix(".segment") }.sorted()
            .compactMap { $0.dropLast(".segment".count).split(separator: "-").last.flatMap { UInt32($0) } }
    }
}

/// Sends numbered readings round all partitions until it is told to stop.
actor Load {
    private let producer: Producer<Reading>
    private let partitions: Int
    private var sent = 0
    private var receipts: [Receipt] = []
    private var isStopped = false

    init(_ log: any LogStore, partitions: Int) async throws {
        let options = ProducerOptions(
            name: "source", retry: RetryPolicy(attempts: 1_000_000, deadline: .seconds(600)))
        producer = try await Producer<Reading>(ClusterSite.topic, in: log, options: options)
        self.partitions = partitions
    }

    func run() async throws {
        while !isStopped {
            receipts.append(
                try await producer.send(
                    Reading(sent), time: Timestamp(nanoseconds: Int64(sent)), partition: sent % partitions))
            sent += 1
            // So many are not acknowledged at the most.
            if receipts.count > 2000 { try await receipts.removeFirst().acknowledgement() }
            if sent % 100 == 0 { try await Task.sleep(for: .milliseconds(2)) }
        }
        for receipt in receipts { try await receipt.acknowledgement() }
        try await producer.endStream()
        try await producer.close()
    }

    /// Waits until what is sent from now on is acknowledged in every partition.
    func progress() async throws {
        let goal = sent + 2 * partitions
        while sent < goal { try await Task.sleep(for: .milliseconds(5)) }
        let newest = receipts.suffix(partitions)
        try await patiently { for receipt in newest { try await receipt.acknowledgement() } }
    }

    func stop() { isStopped = true }

    /// The numbers that each partition must have.
    var expected: [[Int]] { (0..<partitions).map { Array(stride(from: $0, to: sent, by: partitions)) } }
}
