internal import ArgumentParser
internal import Foundation
internal import PenstockLog

/// Appending to a log over a broker in another process.
struct ProduceBenchmark: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "produce", abstract: "Appending over a broker in a process of its own.",
        discussion: """
            Events are generated before the clock starts; it stops at the last acknowledgement. Then single events are \
            appended, each when the last one is acknowledged. The floors of the same run: a stream and round trips over a TCP \
            socket in C (loops/loopback_stream.c), memory copies, bare writes to the same folder (loops/append_floor.c), over a \
            fabric bare reads of batches (loops/fabric_read.c), and the same batches appended by this process itself, without a \
            broker.
            """)

    @Option(help: "How it goes there: tcp or fabric.") var transport = BenchmarkTransport.tcp
    @Option(help: "Bytes of an event, attributes and payload.") var eventBytes = 1024
    @Option(help: "Bytes of an event's attributes.") var attributeBytes: Int?
    @Option(help: "Bytes of a batch.") var batchBytes = 1 << 20
    @Option(help: "Batches on their way at a time.") var window = 16
    @Option(help: "What is acknowledged: memory, pageCache or durable.", transform: LogAppendBenchmark.durability)
    var durability = Durability.pageCache
    @Option(help: "Seconds to append for.") var seconds = 3.0
    @Option(help: "Single appends, one after the other.") var singleAppends = 2_000
    @Option(help: "Bytes that the floor writes; 0 leaves it out.") var floorBytes = 1 << 30
    @Option(help: "A folder that is there; the log is made in it.") var directory = NSTemporaryDirectory()
    @Flag(help: "Have a consumer read along; the clock stops when it has everything, too.") var follow = false
    @Flag(help: "Leave out the floors.") var bare = false
    @Flag(help: "Print one JSON object.") var json = false

    func validate() throws {
        guard eventBytes > 0, batchBytes > 0, window > 0, seconds > 0, singleAppends > 0, floorBytes >= 0,
            attributeBytes.map({ $0 >= 0 && $0 <= eventBytes }) ?? true
        else { throw ValidationError("these sizes make no load") }
    }

    func run() async throws {
        let scratch = "\(directory)/penstock-bench-\(ProcessInfo.processInfo.processIdentifier)"
        try FileManager.default.createDirectory(atPath: scratch, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: scratch) }
        var figures = FigureList()
        figures.add("transport", transport.rawValue)
        figures.add("event_bytes", Double(eventBytes))
        figures.add("durability", durability.rawValue)
        let produced = try await measureBroker(scratch + "/broker", &figures)
        if !bare { try await addFloors(scratch, produced, &figures) }
        figures.print(json: json)
    }

    private func addFloors(
        _ scratch: String, _ produced: ProduceLoad.Produced, _ figures: inout FigureList
    ) async throws {
        let rate = Double(produced.events * eventBytes) / produced.seconds
        figures.add("ratio_to_embedded", rate / (try await measureEmbedded(scratch, &figures)))
        if floorBytes > 0 {
            let floor = try AppendFloor(
                in: scratch, bytes: floorBytes, batchBytes: load(batchBytes).batchBytes,
                isDurable: durability == .durable)
            try floor.measure()
            if let fastest = floor.fastest {
                figures.add("floor_bytes_per_second", fastest.bytesPerSecond)
                figures.add("floor_kind", fastest.kind)
                figures.add("ratio", rate / fastest.bytesPerSecond)
            }
        }
        try figures.addTransportFloors("", bytes: 2 << 30, roundTrips: 20_000)
    }

    private func addFabricFloor(
        _ provider: String, _ produced: ProduceLoad.Produced, _ figures: inout FigureList
    ) throws {
        let byteCount = load(batchBytes).batchBytes
        guard let floor = try FabricFloor(provider: provider),
            let reading = try floor.read((2 << 30) / byteCount, of: byteCount, window: window)
        else { return }
        figures.add("fabric_read_bytes_per_second", reading.bytesPerSecond)
        figures.add("fabric_read_cpu_seconds_per_gb", reading.cpuSecondsPerGigabyte)
        let rate = Double(produced.events * eventBytes) / produced.seconds
        figures.add("ratio_to_fabric_read", rate / reading.bytesPerSecond)
    }

    private func load(_ batchBytes: Int) -> AppendLoad {
        AppendLoad(
            eventBytes: eventBytes, attributeBytes: attributeBytes ?? min(32, eventBytes), batchBytes: batchBytes)
    }

    private func measureBroker(_ data: String, _ figures: inout FigureList) async throws -> ProduceLoad.Produced {
        let broker = try BrokerProcess(transport, data: data)
        let (batches, singles) = (load(batchBytes), load(eventBytes))
        _ = try await broker.log.createTopic(
            "load", schema: batches.schema, configuration: TopicConfiguration(durability: durability))
        let producing = ProduceLoad(broker: broker, partition: TopicPartition("load"), window: window)
        let produced = try await producing.run(batches, seconds: seconds, follows: follow)
        let latencies = try await producing.latencies(singles, count: singleAppends)
        let provider = broker.transportName
        try await broker.close()
        try FileManager.default.removeItem(atPath: data)
        let events = Double(produced.events)
        if transport == .fabric, !bare { try addFabricFloor(provider, produced, &figures) }
        figures.add("events", events)
        figures.add("seconds", produced.seconds)
        figures.add("bytes_per_second", events * Double(eventBytes) / produced.seconds)
        figures.add("events_per_second", events / produced.seconds)
        figures.add("client_cpu_seconds", produced.clientSeconds)
        figures.add("broker_cpu_seconds", produced.brokerSeconds)
        let cpu = produced.clientSeconds + produced.brokerSeconds
        figures.add("cpu_seconds_per_gb", cpu * 1e9 / (events * Double(eventBytes)))
        figures.add("cpu_ns_per_event", cpu * 1e9 / events)
        figures.add("latency_p50_us", latencies[latencies.count / 2] * 1e6)
        figures.add("latency_p99_us", latencies[latencies.count * 99 / 100] * 1e6)
        return produced
    }

    private func measureEmbedded(_ scratch: String, _ figures: inout FigureList) async throws -> Double {
        let own = try await AppendRound(
            load: load(batchBytes), directory: scratch + "/embedded", producers: 1, partitions: 1,
            durability: durability, codec: .raw, seconds: seconds, waits: false, directWrites: .automatic
        ).run()
        try FileManager.default.removeItem(atPath: scratch + "/embedded")
        let rate = Double(own.events * eventBytes) / own.seconds
        figures.add("embedded_bytes_per_second", rate)
        figures.add("embedded_cpu_ns_per_event", own.cpuSeconds * 1e9 / Double(own.events))
        return rate
    }
}
