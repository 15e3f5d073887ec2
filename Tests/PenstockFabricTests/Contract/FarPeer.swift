import PenstockEvents
import PenstockFabric
import TestSupport

/// A scripted listener in a process and a network of its own, for the tests that `FarContractTests` runs in a process in another network.
final class FarPeer: Sendable {
    let process: ChildProcess
    let address: FabricAddress
    /// How many lines it has written and were read.
    private let linesRead = Guarded(1)

    init(_ kind: TransportKind, _ limits: FabricLimits, refuses: Bool) async throws {
        let numbers = [limits.messageBytes, limits.payloadBytes, limits.queuedBytes, limits.connections]
        var arguments = [
            "listen", kind.rawValue.replacing("far-", with: ""), Link.farHost,
            numbers.map(String.init).joined(separator: ","), refuses ? "refusing" : "accepting",
        ]
        if kind == .farTLS {
            let identity = try TransportKind.identity.get()
            arguments += [identity.authorities, identity.certificateChain ?? "", identity.privateKey ?? ""]
        }
        process = try ChildProcess(
            "FabricPeer", arguments, launcher: try Link.farLauncher(), isAsked: true)
        address = try FabricAddress(try await process.line("listens "))
    }

    /// Tells it a line, and gives its answer.
    func ask(_ line: String) async throws -> String {
        let known = linesRead.withLock { count in
            defer { count += 1 }
            return count
        }
        try process.tell(line)
        return try await process.line("= ", after: known)
    }
}
