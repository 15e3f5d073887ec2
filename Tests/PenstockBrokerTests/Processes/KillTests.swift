import Foundation
import PenstockEvents
import PenstockFabric
import PenstockLog
import TestSupport
import Testing

@testable import BrokerPeer

extension BrokerSuites {
    /// A broker under load, its producers and its consumer are killed or stopped, and started again: real processes, real signals. The
    /// moments are drawn from a printed seed; what the signal finds the process doing cannot be repeated. With `PENSTOCK_SOAK_SECONDS` it
    /// goes on for so long, half of it over TCP and half over a fabric, where there is one.
    @Suite("A broker and clients that are killed and stopped under load")
    struct KillTests {
        private static let soak = ProcessInfo.processInfo.environment["PENSTOCK_SOAK_SECONDS"].flatMap { Int($0) }
        private static let seed =
            ProcessInfo.processInfo.environment["PENSTOCK_SOAK_SEED"].flatMap { UInt64($0) }
            ?? .random(in: 0...(.max))

        /// Milliseconds between the batches of a producer: the longer it goes on, the longer, for all records are compared at the end.
        private static let pause = 5 + (soak ?? 0) / 30

        private enum Fault: CaseIterable {
            case brokerKilled, brokerStopped, brokerRestarted, producerKilled, producerStopped, consumerKilled
            case consumerStopped
        }

        /// Who takes part, one process after the other.
        private final class Cast {
            let served: ServedLog
            private let durability: Durability
            private(set) var producers: [Int: [ChildProcess]] = [:]
            private(set) var readers: [ChildProcess] = []

            init(_ durability: Durability, _ fabric: FabricChoice?) async throws {
                served = try await ServedLog(.penstock(fabric))
                self.durability = durability
                for name in 1...3 { try startProducer(name) }
                for name in 1...3 { try await producer(name).line("session ") }
                try startReader()
            }

            var stop: String { served.folder("stop") }
            var end: String { served.folder("end") }
            var reader: ChildProcess { readers[readers.count - 1] }
            func producer(_ name: Int) -> ChildProcess { producers[name, default: []].last! }

            func startProducer(_ name: Int) throws {
                producers[name, default: []].append(
                    try served.produce(
                        name, "--partition", "\(name / 3)", "--pause", "\(KillTests.pause)", "--durability",
                        durability.rawValue,
                        "--until", stop))
            }

            func startReader() throws { readers.append(try served.consume("--group", "readers", "--until", end)) }

            /// Waits until everybody has got on.
            func progress() async throws {
                for name in 1...3 { try await PenstockBrokerTests.progress(of: producer(name), by: 8) }
                let (reader, before) = (reader, reader.lines.count)
                try await eventually("the reader to go on: \(reader.lines.last ?? "") \(reader.errors)") {
                    reader.lines.count > before + 8
                }
            }
        }

        private static func inflict(_ fault: Fault, on cast: Cast, _ random: inout SplitMixGenerator) async throws {
            func pause(_ milliseconds: Range<Int>) async throws {
                try await Task.sleep(for: .milliseconds(Int.random(in: milliseconds, using: &random)))
            }
            func stop(_ process: ChildProcess) async throws {
                process.signal(SIGSTOP)
                try await pause(50..<1000)
                process.signal(SIGCONT)
            }
            let name = Int.random(in: 1...3, using: &random)
            try await pause(0..<200)
            switch fault {
            case .brokerKilled, .brokerRestarted:
                if fault == .brokerKilled { try await cast.served.broker.kill() } else { try await cast.served.stop() }
                try await pause(0..<100)
                try await cast.served.restart()
            case .brokerStopped: try await stop(cast.served.broker)
            case .producerKilled:
                try await cast.producer(name).kill()
                try cast.startProducer(name)
            case .producerStopped: try await stop(cast.producer(name))
            case .consumerKilled:
                try await cast.reader.kill()
                try cast.startReader()
            case .consumerStopped: try await stop(cast.reader)
            }
        }

        @Test(
            "nothing acknowledged is lost, nothing comes twice, each producer's order is kept, and readers go on",
            arguments: [
                (Durability.durable, LogKind.tcp), (.pageCache, LogKind.allCases.contains(.fabric) ? .fabric : .tcp),
            ])
        func kills(durability: Durability, kind: LogKind) async throws {
            print("killed and stopped under load: \(kind.rawValue), class \(durability.rawValue), seed \(Self.seed)")
            var random = SplitMixGenerator(seed: Self.seed)
            let cast = try await Cast(durability, kind.choice)
            let deadline = ContinuousClock.now + .seconds((Self.soak ?? 0) / 2)
            var faults: [Fault: Int] = [:]
            repeat {
                // Each of them, in another order every time.
                for fault in Fault.allCases.shuffled(using: &random) {
                    try await cast.progress()
                    try await Self.inflict(fault, on: cast, &random)
                    faults[fault, default: 0] += 1
                }
            } while ContinuousClock.now < deadline
            try await cast.progress()
            try Data().write(to: URL(fileURLWithPath: cast.stop))
            for name in 1...3 {
                #expect(try await cast.producer(name).ended() == 0, "\(cast.producer(name).errors)")
            }
            try Data().write(to: URL(fileURLWithPath: cast.end))
            #expect(try await cast.reader.ended() == 0, "\(cast.reader.errors)")
            try await cast.served.stop()
            let first = try await cast.served.contents(0)
            let second = try await cast.served.contents(1)
            let accounts = cast.producers.mapValues { ProducerAccount($0) }
            let isKept = check(first, of: accounts.filter { $0.key < 3 }, "seed \(Self.seed)")
            let isKeptToo = check(second, of: accounts.filter { $0.key == 3 }, "seed \(Self.seed)")
            try await Self.checkReaders(cast, first)
            let kinds = faults.map { "\($0.value) \($0.key)" }.sorted().joined(separator: ", ")
            let events = accounts.values.flatMap(\.acknowledged).map(\.count).reduce(0, +)
            print(
                "  \(kind.rawValue): \(faults.values.reduce(0, +)) faults (\(kinds)), \(events) events acknowledged,",
                isKept && isKeptToo ? "none lost, none twice" : "and not all kept once")
        }

        /// Each reader begins where the one before it has committed, or later, and has seen everything from there to the end.
        private static func checkReaders(_ cast: Cast, _ contents: [(offset: UInt64, load: LoadRecord)]) async throws {
            // The numbers behind a word, in the lines that begin with it.
            func numbers(_ reader: ChildProcess, _ word: String) -> [[UInt64]] {
                reader.lines.filter { $0.hasPrefix(word + " ") }
                    .map { $0.split(separator: " ").compactMap { UInt64($0) } }
            }
            var (told, read): (UInt64, UInt64) = (0, 0)
            for reader in cast.readers {
                // One that was killed may have had no time to begin.
                guard let start = numbers(reader, "starts").first?.first else { continue }
                #expect(start >= told && start <= max(read, told), "seed \(seed): \(told) \(start) \(read)")
                told = numbers(reader, "committed").last?.first ?? max(told, start)
                read = numbers(reader, "read").last.map { $0[0] + $0[1] } ?? read
            }
            let log = try await EmbeddedLog(directory: cast.served.directory, creating: false)
            let kept = try await log.positions(of: "readers")[TopicPartition(LoadRecord.topic)]
            #expect(kept == told, "seed \(seed)")
            let start = try #require(numbers(cast.reader, "starts").first?.first)
            var digest = LoadDigest()
            for (offset, load) in contents where offset >= start { digest.add(load) }
            #expect(cast.reader.lines.last == "done \(digest.count) \(digest.value)", "seed \(seed)")
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
