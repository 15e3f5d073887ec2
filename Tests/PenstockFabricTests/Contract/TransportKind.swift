import PenstockFabric
import Testing

/// The transports that keep the contract.
enum TransportKind: String, CaseIterable, Sendable, CustomTestStringConvertible {
    case inProcess = "in-process"

    var testDescription: String { rawValue }

    /// A transport of the kind.
    func make(_ limits: FabricLimits = FabricLimits()) throws -> any Transport {
        switch self {
        case .inProcess: InProcessTransport(limits: limits)
        }
    }

    /// Where to listen in a test.
    var anyAddress: FabricAddress {
        switch self {
        case .inProcess: .name("broker")
        }
    }

    /// Where nobody listens.
    var deadAddress: FabricAddress {
        switch self {
        case .inProcess: .name("nobody")
        }
    }
}
