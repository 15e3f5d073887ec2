internal import ArgumentParser
internal import PenstockFabric

/// A transport beside what the system's sockets, memory and fabric can do, both ends in this process.
struct FabricBenchmark: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "fabric", abstract: "A transport beside bare sockets, a bare fabric and a memory copy.",
        discussion: """
            Payloads are pulled, a number of them on their way at a time, as they are and with a CRC-32C that both ends take of \
            each; 64-byte messages go there and back one by one; then nothing is sent for a while. Both ends are in this \
            process, so processor time is that of both. The floors: one stream and round trips over a TCP socket in C \
            (loops/loopback_stream.c), taken before and after, memory copies, and for the fabric bare reads and messages of \
            the same provider in C (loops/fabric_read.c), in turn with ours.
            """)

    @Option(help: "The transport.") var transport = BenchmarkTransport.tcp
    @Option(parsing: .upToNextOption, help: "Bytes of a payload; several sizes are measured one after the other.")
    var payloadBytes = [64 << 10, 256 << 10, 1 << 20]
    @Option(help: "Bytes of all payloads of a round.") var totalBytes = 2 << 30
    @Option(help: "Rounds; medians are printed.") var rounds = 3
    @Option(help: "Payloads on their way at a time.") var window = 16
    @Option(help: "Round trips.") var roundTrips = 20_000
    @Option(help: "Seconds in which nothing is sent.") var idleSeconds = 10
    @Flag(help: "Leave out the floors.") var bare = false
    @Flag(help: "Print one JSON object.") var json = false

    func validate() throws {
        guard !payloadBytes.isEmpty, payloadBytes.allSatisfy({ $0 > 0 && $0 <= totalBytes }), rounds > 0, window > 0,
            roundTrips > 0, idleSeconds >= 0
        else { throw ValidationError("all sizes must be positive, and a payload is a part of all bytes") }
    }

    func run() async throws {
        var figures = FigureList()
        figures.add("transport", transport.rawValue)
        if !bare { try figures.addTransportFloors("_before", bytes: totalBytes, roundTrips: roundTrips) }
        let pair = try await TransportPair(transport)
        let floor = transport == .fabric && !bare ? try FabricFloor(provider: pair.server.name) : nil
        let load = TransportLoad(pair)
        for byteCount in payloadBytes { try await pull(byteCount, load, floor, &figures) }
        try await exchange(load, floor, &figures)
        let before = ProcessorTime.processNanoseconds
        try await Task.sleep(for: .seconds(idleSeconds))
        figures.add("idle_seconds", Double(idleSeconds))
        figures.add("idle_cpu_seconds", (ProcessorTime.processNanoseconds - before) * 1e-9)
        await pair.close()
        if !bare { try figures.addTransportFloors("_after", bytes: totalBytes, roundTrips: roundTrips) }
        figures.print(json: json)
    }

    private func pull(
        _ byteCount: Int, _ load: TransportLoad, _ floor: FabricFloor?, _ figures: inout FigureList
    ) async throws {
        let count = totalBytes / byteCount
        var pulls: [TransportLoad.Pulled] = []
        var checked: [TransportLoad.Pulled] = []
        var reads: [FabricFloor.Reading] = []
        for _ in 0..<rounds {
            if let reading = try floor?.read(count, of: byteCount, window: window) { reads.append(reading) }
            pulls.append(try await load.pull(count, of: byteCount, window: window))
            checked.append(try await load.pull(count, of: byteCount, window: window, checked: true))
        }
        let rate = pulls.map(\.bytesPerSecond).median
        let cost = pulls.map(\.cpuSecondsPerGigabyte).median
        figures.add("pull_\(byteCount)_bytes_per_second", rate)
        figures.add("pull_\(byteCount)_cpu_seconds_per_gb", cost)
        figures.add("checked_pull_\(byteCount)_bytes_per_second", checked.map(\.bytesPerSecond).median)
        figures.add("checked_pull_\(byteCount)_cpu_seconds_per_gb", checked.map(\.cpuSecondsPerGigabyte).median)
        guard !reads.isEmpty else { return }
        figures.add("fabric_read_\(byteCount)_bytes_per_second", reads.map(\.bytesPerSecond).median)
        figures.add("fabric_read_\(byteCount)_cpu_seconds_per_gb", reads.map(\.cpuSecondsPerGigabyte).median)
        // Of a pull and the reads right before it: a shared machine drifts.
        figures.add("pull_\(byteCount)_ratio", zip(pulls, reads).map { $0.bytesPerSecond / $1.bytesPerSecond }.median)
        figures.add(
            "checked_pull_\(byteCount)_ratio", zip(checked, reads).map { $0.bytesPerSecond / $1.bytesPerSecond }.median)
    }

    private func exchange(
        _ load: TransportLoad, _ floor: FabricFloor?, _ figures: inout FigureList
    ) async throws {
        var trips: [RoundTrips] = []
        var floors: [RoundTrips] = []
        for _ in 0..<rounds {
            if let trips = try floor?.roundTrips(roundTrips) { floors.append(trips) }
            trips.append(await load.roundTrips(roundTrips))
        }
        figures.add("round_trip_p50_us", trips.map(\.median).median)
        figures.add("round_trip_p99_us", trips.map(\.slowest).median)
        figures.add("round_trip_cpu_us", trips.map(\.cpu).median)
        guard !floors.isEmpty else { return }
        figures.add("fabric_round_trip_p50_us", floors.map(\.median).median)
        figures.add("fabric_round_trip_p99_us", floors.map(\.slowest).median)
        figures.add("fabric_round_trip_cpu_us", floors.map(\.cpu).median)
        figures.add("round_trip_ratio", zip(trips, floors).map { $0.median / $1.median }.median)
    }
}

extension [Double] {
    /// The middle one, or the upper one of the two in the middle; not a number where there is none.
    var median: Double { isEmpty ? .nan : sorted()[count / 2] }
}
