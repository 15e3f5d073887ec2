import Foundation
import Penstock
import PenstockBroker
import PenstockEngine
import PenstockEvents
import PenstockFabric
import PenstockLog
import TestSupport
import Testing

/// Pipelines whose topics are served by a broker.
@Suite("Pipelines on the log of a broker")
struct RemoteFlowTests {
    struct Beat: FixedEvent, Hashable {
        var station: Int64
        var strength: Double
        static let schema = Schema("Beat", fields: [.init("station", .i64), .init("strength", .f64)])
    }

    /// Where a pipeline has its topics.
    enum Place: String, CaseIterable, CustomTestStringConvertible {
        case directory
        case brokerInProcess = "a broker in this process"
        case brokerOverTCP = "a broker over TCP"
        case twoLogs = "one topic in a directory, the other at a broker"
        var testDescription: String { rawValue }
    }

    private struct Broken: Error {}

    /// Records beats, sums them by station in windows, and puts the sums into another topic.
    private func run(
        _ log: any LogStore, sums: Topic<StationSum>, batch: Int, failingAt fatal: Int? = nil
    ) async throws -> RunProgress {
        try await Flow("sums") {
            From(
                Generated(4_000) { n in
                    // Time for a checkpoint to be kept.
                    if n % 500 == 0 { usleep(3_000) }
                    return (
                        Beat(station: Int64(n % 7), strength: Double(n * n % 1_001)), Timestamp(nanoseconds: Int64(n))
                    )
                })
            Persist(topic: "beats")
            Map { (beat: Beat) throws in
                if let fatal, Double(fatal * fatal % 1_001) == beat.strength, Int64(fatal % 7) == beat.station {
                    throw Broken()
                }
                return beat
            }
            KeyBy(\Beat.station)
            Tumbling(every: .nanoseconds(100))
            Sum(\Beat.strength)
            Map { (sum: Summed<Int64, Double>) in StationSum(station: sum.key, sum: sum.sum) }
            To(sums)
        }.run(
            options: RunOptions(
                batchEvents: batch, topicDurability: .pageCache,
                checkpoints: CheckpointOptions(name: "sums", interval: .milliseconds(1))),
            log: log)
    }

    struct StationSum: FixedEvent, Hashable {
        var station: Int64
        var sum: Double
        static let schema = Schema("StationSum", fields: [.init("station", .i64), .init("sum", .f64)])
    }

    /// Every record of a topic, with its time.
    private func contents(_ topic: String, _ log: any LogStore) async throws -> [String] {
        var rows: [String] = []
        let reader = try await log.reader(for: TopicPartition(topic), from: .earliest)
        while let entry = try await reader.next() {
            switch entry {
            case .control(let record, _): rows.append("\(record)")
            case .records(let records):
                for index in 0..<records.count {
                    let bytes = records.withAttributes(at: index) { Array($0) }
                    rows.append("\(bytes) at \(records.time(at: index).nanoseconds)")
                }
            }
        }
        await reader.close()
        return rows
    }

    @Test(
        "the same records come of it, byte for byte, also where a run breaks off and goes on", arguments: Place.allCases
    )
    func same(place: Place) async throws {
        let folder = try TestFolder()
        let reference = try await EmbeddedLog(directory: folder("reference"))
        _ = try await run(reference, sums: Topic("sums"), batch: 1_000)

        let served = try await EmbeddedLog(directory: folder("served"))
        let transport: any Transport =
            place == .brokerOverTCP ? try TCPTransport(security: .plaintext) : InProcessTransport()
        var limits = Broker.Limits()
        // For machines that are busy with other tests.
        (limits.silence, limits.helloTimeout) = (.seconds(600), .seconds(600))
        let broker = Broker(served, limits: limits) { client throws(LogError) in AllRights(client: client.name) }
        let address = try await broker.listen(
            at: place == .brokerOverTCP ? .host("127.0.0.1", port: 0) : .name("broker"), over: transport
        ).address
        let remote = RemoteLog(at: [address], over: transport, client: "pipeline")
        let log: any LogStore
        var sums = Topic<StationSum>("sums")
        switch place {
        case .directory: log = served
        case .brokerInProcess, .brokerOverTCP: log = remote
        case .twoLogs:
            let own = try await EmbeddedLog(directory: folder("own"))
            log = RoutedLog(own) { _ throws(LogError) in remote }
            sums = Topic("sums", at: .cluster("penstock://anywhere"))
        }
        // One run that breaks off in the middle, and one that goes on.
        await #expect(throws: (any Error).self) { try await run(log, sums: sums, batch: 64, failingAt: 3_333) }
        let progress = try await run(log, sums: sums, batch: 300)
        #expect(progress.restoredCheckpoint != nil)
        #expect(try await contents("beats", log) == contents("beats", reference))
        #expect(try await contents(sums.name, log) == contents("sums", reference))
        #expect(try await contents("sums", reference).count > 200)
        if place == .twoLogs { #expect(try await served.topics() == ["sums"]) }
        remote.close()
        await broker.close()
        await transport.close()
    }

    @Test("runs at the same time remember answers in one topic, and a later one asks nobody")
    func remembered() async throws {
        let folder = try TestFolder()
        let transport = InProcessTransport()
        var limits = Broker.Limits()
        (limits.silence, limits.helloTimeout) = (.seconds(600), .seconds(600))
        let broker = Broker(try await EmbeddedLog(directory: folder.path), limits: limits) { client throws(LogError) in
            AllRights(client: client.name)
        }
        let address = try await broker.listen(at: .name("broker"), over: transport).address
        let logs = (0..<2).map { RemoteLog(at: [address], over: transport, client: "pipeline \($0)") }
        let asked = Guarded(0)
        @Sendable func squares(_ numbers: ClosedRange<Int>, _ log: any LogStore) async throws -> [Int] {
            let rows = Collected<Int>()
            _ = try await Flow("squares") {
                From(Generated(numbers.count) { n in (numbers.lowerBound + n, Timestamp(nanoseconds: Int64(n))) })
                MapAsync(timeout: nil, answers: .remembered(in: "squares", by: { (n: Int) in AnswerKey(n) })) {
                    (n: Int) in
                    asked.withLock { $0 += 1 }
                    try await Task.sleep(for: .milliseconds(1))
                    return n * n
                }
                To(rows)
            }.run(options: RunOptions(topicDurability: .pageCache), log: log)
            return rows.values
        }
        async let first = squares(0...59, logs[0])
        async let second = squares(40...99, logs[1])
        #expect(try await first == (0...59).map { $0 * $0 })
        #expect(try await second == (40...99).map { $0 * $0 })
        let before = asked.withLock { $0 }
        #expect((100...120).contains(before), "what both asked for at a time is asked for twice at most")
        #expect(try await squares(0...99, logs[1]) == (0...99).map { $0 * $0 })
        #expect(asked.withLock { $0 } == before)
        for log in logs { log.close() }
        await broker.close()
        await transport.close()
    }
}
