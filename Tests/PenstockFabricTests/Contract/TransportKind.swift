import PenstockFabric
import PenstockTesting
import TestSupport
import Testing

/// The transports that keep the contract.
enum TransportKind: String, CaseIterable, Sendable, CustomTestStringConvertible {
    case inProcess = "in-process"
    case simulated
    case tcp
    case tls
    case fabric
    /// To a listener in a process and a network of its own.
    case farTCP = "far-tcp"
    case farTLS = "far-tls"
    case farFabric = "far-fabric"

    /// Those that this machine has: without libfabric its tests are skipped, and the suite Libfabric says so.
    static let allCases: [TransportKind] =
        Link.isFarThere
        ? [.farTCP, .farTLS] + (Libfabric.isThere ? [.farFabric] : [])
        : [.inProcess, .simulated, .tcp, .tls] + (Libfabric.isThere ? [.fabric] : [])

    /// Both ends show the same certificate and want to see one.
    static let identity = Result {
        try TestCertificates.shared.get().identity(
            "broker", names: "IP:127.0.0.1,DNS:localhost,IP:\(Link.farHost)", requiresClientCertificate: true)
    }

    var testDescription: String { rawValue }

    /// Whether the listener is in a process and a network of its own.
    var isFar: Bool { [.farTCP, .farTLS, .farFabric].contains(self) }

    /// A transport of the kind.
    func make(_ limits: FabricLimits = FabricLimits()) throws -> any Transport {
        switch self {
        case .inProcess: InProcessTransport(limits: limits)
        case .simulated:
            SimulatedNetwork(seed: 1, scheduler: SimulatedScheduler(seed: 1, runsAtOnce: true))
                .transport(of: "host", limits: limits)
        case .tcp, .farTCP: try TCPTransport(limits: limits, security: .plaintext)
        case .tls, .farTLS: try TCPTransport(limits: limits, security: .tls(Self.identity.get()), threads: 2)
        case .fabric: try LibfabricTransport(limits: limits)
        case .farFabric:
            try LibfabricTransport(provider: .named("tcp;ofi_rxm"), interface: Link.nearHost, limits: limits)
        }
    }

    /// Where to listen in a test.
    var anyAddress: FabricAddress {
        switch self {
        case .inProcess, .simulated: .name("broker")
        case .tcp, .tls, .fabric: .host("127.0.0.1", port: 0)
        case .farTCP, .farTLS, .farFabric: .host(Link.farHost, port: 0)
        }
    }

    /// Where nobody listens.
    var deadAddress: FabricAddress {
        switch self {
        case .inProcess, .simulated: .name("nobody")
        case .tcp, .tls: .host("127.0.0.1", port: 1)
        case .farTCP, .farTLS: .host(Link.farHost, port: 1)
        // Port 9 (discard), as libfabric's TCP provider has it.
        case .fabric: .endpoint([2, 0, 0, 9, 127, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0])
        case .farFabric:
            .endpoint(
                [2, 0, 0, 9] + Link.farHost.split(separator: ".").compactMap { UInt8($0) }
                    + Array(repeating: 0, count: 8))
        }
    }
}
