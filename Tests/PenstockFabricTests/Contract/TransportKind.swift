import PenstockFabric
import PenstockTesting
import Testing

/// The transports that keep the contract.
enum TransportKind: String, CaseIterable, Sendable, CustomTestStringConvertible {
    case inProcess = "in-process"
    case simulated
    case tcp
    case tls
    case fabric

    /// Those that this machine has: without libfabric its tests are skipped, and the suite Libfabric says so.
    static let allCases: [TransportKind] = [.inProcess, .simulated, .tcp, .tls] + (Libfabric.isThere ? [.fabric] : [])

    /// Both ends show the same certificate and want to see one.
    private static let identity = Result {
        try TestCertificates.shared.get().identity("broker", requiresClientCertificate: true)
    }

    var testDescription: String { rawValue }

    /// A transport of the kind.
    func make(_ limits: FabricLimits = FabricLimits()) throws -> any Transport {
        switch self {
        case .inProcess: InProcessTransport(limits: limits)
        case .simulated:
            SimulatedNetwork(seed: 1, scheduler: SimulatedScheduler(seed: 1, runsAtOnce: true))
                .transport(of: "host", limits: limits)
        case .tcp: try TCPTransport(limits: limits, security: .plaintext)
        case .tls: try TCPTransport(limits: limits, security: .tls(Self.identity.get()), threads: 2)
        case .fabric: try LibfabricTransport(limits: limits)
        }
    }

    /// Where to listen in a test.
    var anyAddress: FabricAddress {
        switch self {
        case .inProcess, .simulated: .name("broker")
        case .tcp, .tls, .fabric: .host("127.0.0.1", port: 0)
        }
    }

    /// Where nobody listens.
    var deadAddress: FabricAddress {
        switch self {
        case .inProcess, .simulated: .name("nobody")
        case .tcp, .tls: .host("127.0.0.1", port: 1)
        // 127.0.0.1, port 9 (discard), as libfabric's TCP provider has it.
        case .fabric: .endpoint([2, 0, 0, 9, 127, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0])
        }
    }
}
