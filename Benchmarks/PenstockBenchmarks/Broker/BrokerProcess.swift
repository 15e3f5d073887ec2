internal import Foundation
internal import PenstockBroker
internal import PenstockFabric

/// A broker in a process of its own on a folder, and what this process needs to use it. It ends when it is closed, and with this process.
final class BrokerProcess {
    /// The log that it serves.
    let log: RemoteLog
    /// The same over a connection of its own, as a consumer has that is another process.
    let consumerLog: RemoteLog

    private let process = Process()
    private let input = Pipe()
    private let transports: [any Transport]

    init(_ kind: BenchmarkTransport, data: String) throws {
        guard kind != .inProcess else {
            throw BrokerFailed(description: "a broker in another process is not in-process")
        }
        let output = Pipe()
        process.executableURL = URL(fileURLWithPath: "/proc/self/exe").resolvingSymlinksInPath()
        // As a subcommand of what this one is a subcommand of.
        let path = CommandLine.arguments.dropFirst().prefix { $0 == "bench" }
        process.arguments = path + ["broker-serve", "--transport", kind.rawValue, "--data", data]
        process.standardInput = input
        process.standardOutput = output
        try process.run()
        var line = Data()
        while line.last != UInt8(ascii: "\n") {
            let more = output.fileHandleForReading.availableData
            guard !more.isEmpty else { throw BrokerFailed(description: "the broker has ended before it listened") }
            line += more
        }
        let address = String(decoding: line, as: UTF8.self).trimmingCharacters(in: .whitespacesAndNewlines)
        transports = [try kind.make(), try kind.make()]
        let addresses = [try FabricAddress(address)]
        log = RemoteLog(at: addresses, over: transports[0], client: "penstock-bench")
        consumerLog = RemoteLog(at: addresses, over: transports[1], client: "penstock-bench-consumer")
    }

    /// What the transport calls itself: over a fabric, its provider.
    var transportName: String { transports[0].name }

    /// Nanoseconds that the broker has run.
    var cpuNanoseconds: Double { ProcessorTime.nanoseconds(of: process.processIdentifier) }

    /// Ends the connections and the broker.
    func close() async throws {
        for log in [log, consumerLog] { log.close() }
        for transport in transports { await transport.close() }
        try input.fileHandleForWriting.close()
        process.waitUntilExit()
    }
}

/// The broker's process cannot be used.
struct BrokerFailed: Error, CustomStringConvertible {
    let description: String
}

/// The processor time of the broker and of this process, from a moment on.
struct TwoProcesses {
    private let broker: BrokerProcess
    private let brokerStart: Double
    private let clientStart: Double

    init(_ broker: BrokerProcess) {
        self.broker = broker
        brokerStart = broker.cpuNanoseconds
        clientStart = ProcessorTime.processNanoseconds
    }

    /// Seconds that each has run since then.
    func seconds() -> (broker: Double, client: Double) {
        (
            (broker.cpuNanoseconds - brokerStart) * 1e-9,
            (ProcessorTime.processNanoseconds - clientStart) * 1e-9
        )
    }
}
