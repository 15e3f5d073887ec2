import Foundation
import PenstockFabric
import TestSupport
import Testing

/// A running `penstock serve`, killed at the end of its life, or with the test process at the latest.
final class BrokerProcess: Sendable {
    let name: String
    /// Where it listens.
    let address: FabricAddress
    private let process: ChildProcess

    /// Starts it by its command, and returns when it listens.
    init(_ name: String, _ arguments: [String]) async throws {
        self.name = name
        process = try ChildProcess("penstock", arguments)
        let location = try await process.line("serves ").split(separator: "/").last ?? ""
        address = try FabricAddress(String(location))
    }

    /// Ends it as kill -9 does.
    func kill() { process.end() }

    /// Ends it as a service manager does, and waits until it has.
    func end() async throws {
        signal(SIGTERM)
        #expect(try await process.ended() == 0)
        #expect(process.errors.contains("stopped: "))
    }

    /// Stops it until SIGCONT: nothing is done by it when this returns.
    func stop() async throws { try await process.stop() }

    func signal(_ number: Int32) { process.signal(number) }
}
