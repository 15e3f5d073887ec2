internal import ArgumentParser
internal import Foundation
internal import PenstockBroker
internal import PenstockLog

/// The broker of a measurement, in a process of its own: says where it listens, and ends with its standard input.
struct BrokerServe: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "broker-serve", abstract: "The broker that produce and consume measure.", shouldDisplay: false)

    @Option var transport: BenchmarkTransport
    @Option var data: String

    func run() async throws {
        let transport = try transport.make()
        let log = try await EmbeddedLog(directory: data)
        let broker = Broker(log, name: "benchmark") { client throws(LogError) in AllRights(client: client.name) }
        let listener = try await broker.listen(at: self.transport.address, over: transport)
        try FileHandle.standardOutput.write(contentsOf: Data("\(listener.address)\n".utf8))
        await withCheckedContinuation { ended in
            // A thread of its own: the pool of the broker's tasks has one for each core only.
            Thread.detachNewThread {
                _ = FileHandle.standardInput.readDataToEndOfFile()
                ended.resume()
            }
        }
        await broker.close()
        await transport.close()
    }
}
