internal import ArgumentParser
internal import Foundation
internal import PenstockEvents
internal import PenstockLog

/// Reading a log over a broker in another process, and waiting there.
struct ConsumeBenchmark: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "consume", abstract: "Reading over a broker in a process of its own, and waiting.",
        discussion: """
            A topic that lies in the page cache is read whole, and then its attributes alone, each again and again; then a \
            consumer waits at the end for records that do not come. The floors of the same run: the same read without a \
            broker, a stream and round trips over a TCP socket in C (loops/loopback_stream.c), and memory copies.
            """)

    @Option(help: "How it comes: tcp or fabric.") var transport = BenchmarkTransport.tcp
    @OptionGroup var shape: TopicShape
    @Option(help: "Seconds to read for.") var seconds = 3.0
    @Option(help: "Seconds to wait for; 0 leaves it out.") var idleSeconds = 10.0
    @Flag(help: "Leave out the floors of sockets and memory.") var bare = false
    @Flag(help: "Print one JSON object.") var json = false

    func run() async throws {
        let topic = try await FilledTopic(shape)
        var figures = FigureList()
        figures.add("transport", transport.rawValue)
        figures.add("event_bytes", Double(topic.eventBytes))
        let broker = try BrokerProcess(transport, data: topic.path)
        let everything = try await read(broker.log, topic, .everything, "", broker, &figures)
        let attributes = try await read(broker.log, topic, .attributes, "attributes_", broker, &figures)
        figures.add("attributes_speedup", attributes / everything)
        if idleSeconds > 0 { try await wait(broker, topic, &figures) }
        try await broker.close()
        let own = try await EmbeddedLog(directory: topic.path, creating: false)
        _ = try await read(own, topic, .everything, "embedded_", nil, &figures)
        if !bare { try figures.addTransportFloors("", bytes: 2 << 30, roundTrips: 20_000) }
        figures.print(json: json)
    }

    /// Adds how fast `parts` are read; events a second.
    private func read(
        _ log: any LogStore, _ topic: FilledTopic, _ parts: RecordParts, _ name: String, _ broker: BrokerProcess?,
        _ figures: inout FigureList
    ) async throws -> Double {
        _ = try await topic.pass(of: log, parts)
        let clock = ContinuousClock()
        let processes = broker.map { TwoProcesses($0) }
        let (start, ownStart) = (clock.now, ProcessorTime.processNanoseconds)
        var events = 0.0
        var elapsed = Duration.zero
        repeat {
            events += Double(try await topic.pass(of: log, parts))
            elapsed = clock.now - start
        } while elapsed < .seconds(seconds)
        let own = (ProcessorTime.processNanoseconds - ownStart) * 1e-9
        let cpu = processes?.seconds() ?? (broker: 0, client: own)
        let rate = events / (elapsed / .seconds(1))
        if parts == .everything { figures.add(name + "bytes_per_second", rate * Double(topic.eventBytes)) }
        figures.add(name + "events", events)
        figures.add(name + "events_per_second", rate)
        if broker != nil {
            figures.add(name + "client_cpu_seconds", cpu.client)
            figures.add(name + "broker_cpu_seconds", cpu.broker)
        }
        figures.add(name + "cpu_ns_per_event", (cpu.broker + cpu.client) * 1e9 / events)
        return rate
    }

    private func wait(_ broker: BrokerProcess, _ topic: FilledTopic, _ figures: inout FigureList) async throws {
        let reader = try await broker.log.reader(for: topic.partition, from: .end)
        let following = Task { try await reader.following() }
        try await Task.sleep(for: .seconds(1))
        let processes = TwoProcesses(broker)
        try await Task.sleep(for: .seconds(idleSeconds))
        let cpu = processes.seconds()
        let writer = try await broker.log.writer(for: topic.partition)
        let clock = ContinuousClock()
        let start = clock.now
        _ = try await writer.submit(control: .timeMark(Timestamp(nanoseconds: 1)))
        _ = try await following.value
        figures.add("idle_seconds", idleSeconds)
        figures.add("idle_broker_cpu_seconds", cpu.broker)
        figures.add("idle_client_cpu_seconds", cpu.client)
        figures.add("wake_seconds", (clock.now - start) / .seconds(1))
        try await writer.close()
        await reader.close()
    }
}
