internal import ArgumentParser
internal import Foundation
internal import PenstockLog

/// Appending to the log, beside bare writes of as many bytes to the same file system.
struct LogAppendBenchmark: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "append", abstract: "Appending to a log, beside bare writes to the same file system.",
        discussion: """
            Each producer appends to a topic of its own. Events are generated before the clock starts; it stops at the \
            last acknowledgement. The floor is the faster of writes past the page cache with four in flight (io_uring) and \
            buffered ones, a batch each, by a program in C, with an fdatasync after each batch for the durable class. \
            Log and floor take turns, since a disk's speed drifts. bytes_per_second counts events, not what is stored \
            beside them. Files are deleted at the end.
            """)

    @Option(help: "Bytes of an event, attributes and payload together.") var eventBytes = 65536
    @Option(help: "Bytes of attributes in an event; at most 32 by default.") var attributeBytes: Int?
    @Option(help: "memory, pageCache or durable.", transform: Self.durability) var durability = Durability.pageCache
    @Option(help: "Bytes of events in a batch.") var batchBytes = 1 << 20
    @Option(help: "raw or lz4.", transform: Self.codec) var codec = BatchCodec.raw
    @Option(help: "Producers that append at the same time.") var producers = 1
    @Option(help: "Partitions of each producer's topic, which it fills in turn.") var partitions = 1
    @Option(help: "Seconds of appending, all rounds together.") var seconds = 4.0
    @Option(help: "Rounds, in which log and floor take turns.") var rounds = 4
    @Option(help: "Bytes of each kind of floor, all rounds together; 0 for none.") var floorBytes = 4 << 30
    @Option(help: "Where files are made.") var directory = FileManager.default.temporaryDirectory.path
    @Flag(help: "Wait for each acknowledgement before the next append, and tell how long that takes.") var wait = false
    @Flag(help: "Never write past the page cache.") var buffered = false
    @Flag(help: "Print one JSON object.") var json = false

    func validate() throws {
        guard eventBytes > 0, batchBytes > 0, producers > 0, partitions > 0, seconds > 0, rounds > 0 else {
            throw ValidationError("all sizes must be positive")
        }
        guard attributeBytes.map({ $0 >= 0 && $0 <= eventBytes }) ?? true else {
            throw ValidationError("an event has no more attributes than bytes")
        }
    }

    func run() async throws {
        let scratch = "\(directory)/penstock-bench-\(ProcessInfo.processInfo.processIdentifier)"
        try FileManager.default.createDirectory(atPath: scratch, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: scratch) }
        let load = AppendLoad(
            eventBytes: eventBytes, attributeBytes: attributeBytes ?? min(32, eventBytes), batchBytes: batchBytes)
        let floor = try AppendFloor(
            in: scratch, bytes: floorBytes / rounds, batchBytes: load.batchBytes, isDurable: durability == .durable)
        var total = AppendResult()
        for _ in 0..<rounds {
            try floor.measure()
            let round = AppendRound(
                load: load, directory: "\(scratch)/log", producers: producers, partitions: partitions,
                durability: durability, codec: codec, seconds: seconds / Double(rounds), waits: wait,
                directWrites: buffered ? .never : .automatic)
            total.add(try await round.run())
            try FileManager.default.removeItem(atPath: "\(scratch)/log")
        }
        report(total, floor.fastest)
    }

    @Sendable static func durability(_ word: String) throws -> Durability {
        guard let durability = Durability(rawValue: word) else { throw ValidationError("no durability \(word)") }
        return durability
    }

    @Sendable private static func codec(_ word: String) throws -> BatchCodec {
        guard let codec = BatchCodec(rawValue: word) else { throw ValidationError("no codec \(word)") }
        return codec
    }

    private func report(_ total: AppendResult, _ floor: (kind: String, bytesPerSecond: Double)?) {
        let bytes = Double(total.events * eventBytes)
        var figures = FigureList()
        figures.add("event_bytes", Double(eventBytes))
        figures.add("durability", durability.rawValue)
        figures.add("events", Double(total.events))
        figures.add("bytes_per_second", bytes / total.seconds)
        figures.add("events_per_second", Double(total.events) / total.seconds)
        figures.add("cpu_seconds", total.cpuSeconds)
        figures.add("cpu_ns_per_event", total.cpuSeconds * 1e9 / Double(total.events))
        if !total.latencies.isEmpty {
            let sorted = total.latencies.sorted()
            figures.add("latency_p50_us", sorted[sorted.count / 2] * 1e6)
            figures.add("latency_p99_us", sorted[sorted.count * 99 / 100] * 1e6)
        }
        if let floor {
            figures.add("floor_bytes_per_second", floor.bytesPerSecond)
            figures.add("floor_kind", floor.kind)
            figures.add("ratio", bytes / total.seconds / floor.bytesPerSecond)
        }
        figures.print(json: json)
    }
}
