internal import ArgumentParser
internal import PenstockEvents
internal import PenstockLog

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
        _ = try await topic.pass(of: log, parts)
        let clock = ContinuousClock()
        let (start, cpu) = (clock.now, ProcessorTime.processNanoseconds)
        var events = 0
        var elapsed = Duration.zero
        repeat {
            events += try await topic.pass(of: log, parts)
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
}

/// A pass did not deliver every event.
struct ReadTooLittle: Error {}
