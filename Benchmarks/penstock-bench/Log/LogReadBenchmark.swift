import ArgumentParser
import PenstockEvents
import PenstockLog

/// Reads a topic that lies in the page cache, again and again, and verifies it.
struct LogReadBenchmark: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "read", abstract: "Reading with checksums, warm.")

    @OptionGroup var shape: TopicShape
    @Option(help: "What is read: everything or attributes.") var parts = "everything"
    @Option(help: "Seconds to read for.") var seconds = 5.0
    @Flag(help: "Print one JSON object.") var json = false

    func run() async throws {
        let topic = try await FilledTopic(shape)
        let log = try await EmbeddedLog(directory: topic.path, creating: false)
        let parts: RecordParts = parts == "attributes" ? .attributes : .everything
        _ = try await pass(log, topic, parts)
        let clock = ContinuousClock()
        let (start, cpu) = (clock.now, ProcessorTime.processNanoseconds)
        var events = 0
        var elapsed = Duration.zero
        repeat {
            events += try await pass(log, topic, parts)
            elapsed = clock.now - start
        } while elapsed < .seconds(seconds)
        let wall = elapsed / .seconds(1)
        let cpuSeconds = (ProcessorTime.processNanoseconds - cpu) / 1e9
        let bytes = Double(events) * Double(topic.eventBytes)
        let floor = CopyFloor.bytesPerSecond()
        var figures = FigureList()
        figures.add("bytes_per_second", bytes / wall)
        figures.add("events_per_second", Double(events) / wall)
        figures.add("cpu_seconds", cpuSeconds)
        figures.add("bytes_per_cpu_second", bytes / cpuSeconds)
        figures.add("events_per_cpu_second", Double(events) / cpuSeconds)
        figures.add("floor_bytes_per_second", floor)
        figures.add("floor_kind", CopyFloor.kind)
        figures.add("ratio", bytes / wall / floor)
        figures.print(json: json)
    }

    // Looks at what was asked for: the times, and the ends of the payloads.
    private func pass(_ log: EmbeddedLog, _ topic: FilledTopic, _ parts: RecordParts) async throws -> Int {
        let reader = try await log.reader(for: topic.partition, from: .earliest, parts: parts)
        var events = 0
        var sum: Int64 = 0
        while let entry = try await reader.next() {
            guard case .records(let records) = entry else { continue }
            events += records.count
            sum &+= records.withTimes { $0.reduce(0, &+) }
            if records.holdsPayloads { sum &+= Int64(records.payload(at: records.count - 1).count) }
        }
        await reader.close()
        guard events == topic.events, sum != 0 else { throw ReadTooLittle() }
        return events
    }
}

/// A pass did not deliver every event.
struct ReadTooLittle: Error {}
