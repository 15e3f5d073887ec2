import Foundation
import PenstockEvents
import PenstockLog
import Testing

@testable import BrokerPeer

extension BrokerSuites {
    /// A broker under load is killed or stopped, and started again at the same place: real processes, real signals. The moments are drawn
    /// from a printed seed; what the signal finds the process doing cannot be repeated. With `PENSTOCK_SOAK_SECONDS` it goes on for so
    /// long.
    @Suite("A broker that is killed and stopped under load")
    struct KillTests {
        private static let soak = ProcessInfo.processInfo.environment["PENSTOCK_SOAK_SECONDS"].flatMap { Int($0) }
        private static let seed =
            ProcessInfo.processInfo.environment["PENSTOCK_SOAK_SEED"].flatMap { UInt64($0) }
            ?? .random(in: 0...(.max))

        @Test(
            "nothing acknowledged is lost, nothing comes twice, each producer's order is kept, and readers go on",
            arguments: [Durability.durable, .pageCache])
        func kills(durability: Durability) async throws {
            print("broker killed and stopped: class \(durability.rawValue), seed \(Self.seed)")
            var random = SplitMixGenerator(seed: Self.seed)
            let served = try await ServedLog()
            let (stop, end) = (served.folder("stop"), served.folder("end"))
            var producers: [Int: ChildProcess] = [:]
            for name in 1...3 {
                producers[name] = try served.produce(
                    name, "--partition", "\(name / 3)", "--pause", "2", "--durability", durability.rawValue,
                    "--until", stop)
            }
            for producer in producers.values { try await producer.line("session ") }
            let reader = try served.consume("--group", "readers", "--until", end)
            let deadline = ContinuousClock.now + .seconds((Self.soak ?? 0) / 2)
            var round = 0
            repeat {
                try await Self.progress(of: Array(producers.values))
                try await Task.sleep(for: .milliseconds(Int.random(in: 0..<300, using: &random)))
                if round % 4 == 2 {
                    served.broker.signal(SIGSTOP)
                    try await Task.sleep(for: .milliseconds(Int.random(in: 100..<1500, using: &random)))
                    served.broker.signal(SIGCONT)
                } else {
                    try await served.broker.kill()
                    try await Task.sleep(for: .milliseconds(Int.random(in: 0..<200, using: &random)))
                    try await served.restart()
                }
                round += 1
            } while round < 4 || ContinuousClock.now < deadline
            try await Self.progress(of: Array(producers.values))
            try Data().write(to: URL(fileURLWithPath: stop))
            for producer in producers.values {
                #expect(try await producer.ended() == 0, "\(producer.errors)")
            }
            try Data().write(to: URL(fileURLWithPath: end))
            #expect(try await reader.ended() == 0, "\(reader.errors)")
            try await served.stop()
            for partition in 0...1 {
                let contents = try await served.contents(partition)
                check(contents, of: producers.filter { $0.key / 3 == partition }, "seed \(Self.seed)")
                guard partition == 0 else { continue }
                var digest = LoadDigest()
                for (_, load) in contents { digest.add(load) }
                #expect(reader.lines.last == "done \(digest.count) \(digest.value)", "seed \(Self.seed)")
                print("  \(round) rounds, \(contents.count) records in partition 0")
            }
            try await Self.checkPositions(of: reader, in: served)
        }

        /// Waits until each producer has something acknowledged that it sent from now on.
        private static func progress(of producers: [ChildProcess]) async throws {
            for producer in producers {
                let before = ProducerAccount(producer).acknowledged.count
                try await eventually("progress: \(producer.lines.last ?? "") \(producer.errors)") {
                    ProducerAccount(producer).acknowledged.count > before + 8
                }
            }
        }

        /// What a group was told to be committed is committed.
        private static func checkPositions(of reader: ChildProcess, in served: ServedLog) async throws {
            let told = reader.lines.filter { $0.hasPrefix("committed ") }.compactMap { UInt64($0.dropFirst(10)) }
            let log = try await EmbeddedLog(directory: served.directory, creating: false)
            let kept = try await log.positions(of: "readers")[TopicPartition(Load.topic)]
            #expect(kept == told.last, "seed \(Self.seed)")
        }

        @Test("L1: a group that committed 50 of 100 when the broker was killed goes on at 50")
        func groupGoesOn() async throws {
            let served = try await ServedLog()
            let producer = try served.produce(1, "--count", "100", "--batch", "10")
            #expect(try await producer.ended() == 0, "\(producer.errors)")
            let first = try served.consume("--group", "analysis", "--commit", "50", "--once", "true")
            // The producer's own entry is at 0.
            try await first.line("committed 51")
            try await first.line("read 91 10")
            try await served.broker.kill()
            try await first.kill()
            try await served.restart()
            let second = try served.consume("--group", "analysis")
            #expect(try await second.line("starts ") == "51")
            try await second.line("read 51 10")
            try await second.line("read 91 10")
            #expect(second.lines.filter { $0.hasPrefix("read ") }.count == 5)
            try await second.kill()
            try await served.stop()
        }
    }
}

/// Random numbers from a seed.
struct SplitMixGenerator: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= SplitMix64.golden
        return SplitMix64.mix(state)
    }
}
