internal import ArgumentParser
internal import PenstockFabric

/// A transport beside what the system's sockets and memory can do, both ends in this process.
struct FabricBenchmark: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "fabric", abstract: "A transport beside bare sockets and a memory copy.",
        discussion: """
            Payloads are pulled, a number of them on their way at a time; 64-byte messages go there and back one by one; then \
            nothing is sent for a while. Both ends are in this process, so processor time is that of both. The floors, taken \
            before and after: one stream and round trips over a TCP socket in C (loops/loopback_stream.c), and memory copies.
            """)

    @Option(help: "The transport.") var transport = BenchmarkTransport.tcp
    @Option(help: "Bytes of a payload.") var payloadBytes = 1 << 20
    @Option(help: "Payloads.") var payloads = 2_000
    @Option(help: "Payloads on their way at a time.") var window = 16
    @Option(help: "Round trips.") var roundTrips = 20_000
    @Option(help: "Seconds in which nothing is sent.") var idleSeconds = 10
    @Flag(help: "Print one JSON object.") var json = false

    func validate() throws {
        guard payloadBytes > 0, payloads > 0, window > 0, roundTrips > 0, idleSeconds >= 0 else {
            throw ValidationError("all sizes must be positive")
        }
    }

    func run() async throws {
        var figures = FigureList()
        figures.add("transport", transport.rawValue)
        figures.add("payload_bytes", Double(payloadBytes))
        try figures.addTransportFloors("_before", bytes: payloads * payloadBytes, roundTrips: roundTrips)
        let pair = try await TransportPair(transport)
        let load = TransportLoad(pair)
        let pulled = try await load.pull(payloads, of: payloadBytes, window: window)
        figures.add("pull_bytes_per_second", pulled.bytesPerSecond)
        figures.add("pull_cpu_seconds_per_gb", pulled.cpuSecondsPerGigabyte)
        let trips = await load.roundTrips(roundTrips)
        figures.add("round_trip_p50_us", trips.median)
        figures.add("round_trip_p99_us", trips.slowest)
        let before = ProcessorTime.processNanoseconds
        try await Task.sleep(for: .seconds(idleSeconds))
        figures.add("idle_seconds", Double(idleSeconds))
        figures.add("idle_cpu_seconds", (ProcessorTime.processNanoseconds - before) * 1e-9)
        await pair.close()
        try figures.addTransportFloors("_after", bytes: payloads * payloadBytes, roundTrips: roundTrips)
        figures.print(json: json)
    }
}
