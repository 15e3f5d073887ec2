import Foundation
import TestSupport
import Testing

extension FabricSuites {
    @Suite("The contract of transports between networks")
    struct FarContractTests {
        @Test(
            "the contract holds over TCP, TLS and a fabric between a process in each of two networks",
            .enabled("\(Link.isImpossible)") { await Link.isPossible() })
        func contract() async throws {
            let link = try await Link()
            let itself = try FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")
            let run = try ChildProcess(
                itself, ["--testing-library", "swift-testing", "--filter", "FabricSuites/TransportContractTests"],
                environment: [Link.farVariable: "\(link.far.pid)"], launcher: link.near.launcher)
            #expect(try await run.ended() == 0, "\(run.errors.suffix(4_000))")
            let cases = run.errors.split(separator: "\n").count { $0.contains("far-tls") }
            #expect(cases >= 10, "the contract has run without its cases: \(run.errors)")
        }
    }
}
