import PenstockFabric
import TestSupport

/// A broker in a process and a network of its own, for the tests that `NamespaceTests` runs in a process in another network.
struct FarBroker: Sendable {
    let transport: any Transport
    let address: FabricAddress
    private let process: ChildProcess

    /// Starts one for a log in a directory.
    init(_ kind: LogKind, directory: String) async throws {
        let credentials = kind == .farTLS ? try Credentials(host: Link.farHost) : nil
        let fabric = kind.choice.map { FabricChoice($0.provider, interface: Link.farHost) }
        let served = try await ServedLog(
            .peer(silence: 600_000, credentials, fabric: fabric), directory: directory, host: Link.farHost,
            launchers: (try Link.farLauncher(), []))
        (process, address) = (served.broker, served.address)
        transport = try credentials?.transport(.patient) ?? kind.transport()
    }
}
