import PenstockFabric
import Testing

/// The transports that keep the contract.
enum TransportKind: String, CaseIterable, Sendable, CustomTestStringConvertible {
    case inProcess = "in-process"
    case tcp
    case tls

    /// Both ends show the same certificate and want to see one.
    private static let identity = Result {
        try TestCertificates.shared.get().identity("broker", requiresClientCertificate: true)
    }

    var testDescription: String { rawValue }

    /// A transport of the kind.
    func make(_ limits: FabricLimits = FabricLimits()) throws -> any Transport {
        switch self {
        case .inProcess: InProcessTransport(limits: limits)
        case .tcp: try TCPTransport(limits: limits, security: .plaintext)
        case .tls: try TCPTransport(limits: limits, security: .tls(Self.identity.get()), threads: 2)
        }
    }

    /// Where to listen in a test.
    var anyAddress: FabricAddress {
        switch self {
        case .inProcess: .name("broker")
        case .tcp, .tls: .host("127.0.0.1", port: 0)
        }
    }

    /// Where nobody listens.
    var deadAddress: FabricAddress {
        switch self {
        case .inProcess: .name("nobody")
        case .tcp, .tls: .host("127.0.0.1", port: 1)
        }
    }
}
