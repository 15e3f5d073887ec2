internal import ArgumentParser
internal import PenstockLog

/// Opens a partition whose owner was killed, its segments being in the page cache.
struct LogRecoverBenchmark: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "recover", abstract: "Recovery after a kill, warm.")

    @OptionGroup var shape: TopicShape
    @Option(help: "Bytes of a segment.") var segmentBytes = 256 << 20
    @Flag(help: "No segment is sealed, not only the last: everything is verified.") var all = false
    @Option(help: "How often; the median counts.") var rounds = 5
    @Flag(help: "Print one JSON object.") var json = false

    func run() async throws {
        let topic = try await FilledTopic(shape, segmentBytes: segmentBytes)
        let clock = ContinuousClock()
        var times: [Double] = []
        let floor = CopyFloor.bytesPerSecond()
        var cpuSeconds = 0.0
        for _ in 0..<rounds {
            try topic.unseal(all: all)
            let log = try await EmbeddedLog(directory: topic.path, creating: false)
            let (start, cpu) = (clock.now, ProcessorTime.processNanoseconds)
            try await log.recover(topic.partition)
            times.append((clock.now - start) / .seconds(1))
            cpuSeconds += (ProcessorTime.processNanoseconds - cpu) / 1e9
            let next = try await log.describe(topic.partition.topic).partitions[0].nextOffset
            guard next == UInt64(topic.events), log.recoveryReports.isEmpty else { throw ReadTooLittle() }
        }
        let median = times.sorted()[rounds / 2]
        let bytes = Double(topic.events) * Double(topic.eventBytes)
        var figures = FigureList()
        figures.add("seconds", median)
        figures.add("bytes_per_second", bytes / median)
        figures.add("events_per_second", Double(topic.events) / median)
        figures.add("cpu_seconds", cpuSeconds / Double(rounds))
        figures.add("floor_bytes_per_second", floor)
        figures.add("floor_kind", CopyFloor.kind)
        figures.add("ratio", bytes / median / floor)
        figures.print(json: json)
    }
}
