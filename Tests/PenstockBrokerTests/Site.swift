import PenstockBroker
import PenstockEvents
import PenstockFabric
import PenstockLog
import TestSupport
import Testing

/// How a program has a log: as a directory, or from a broker over a transport.
enum LogKind: String, CaseIterable, Sendable, CustomTestStringConvertible {
    case embedded
    case inProcess = "in-process"
    case tcp
    /// Over TCP until it is known who it is, and over a fabric then.
    case fabric
    case farTCP = "far-tcp"
    case farTLS = "far-tls"
    case farFabric = "far-fabric"

    /// Whether libfabric can be opened here; without it its cases are left out.
    private static let hasFabric = (try? LibfabricTransport.providers()) != nil
    /// Beside a broker in a network of its own: what reaches it.
    static let allCases: [LogKind] =
        Link.isFarThere
        ? [.farTCP, .farTLS] + (hasFabric ? [.farFabric] : [])
        : [.embedded, .inProcess, .tcp] + (hasFabric ? [.fabric] : [])
    /// Those with a broker.
    static let remote = allCases.filter { $0 != .embedded }

    var testDescription: String { rawValue }

    /// Whether the broker is a process in a network of its own.
    var isFar: Bool { [.farTCP, .farTLS, .farFabric].contains(self) }

    func transport() throws -> any Transport {
        switch self {
        case .embedded, .inProcess: InProcessTransport(limits: .patient)
        case .tcp, .fabric, .farTCP, .farTLS, .farFabric: try TCPTransport(limits: .patient, security: .plaintext)
        }
    }

    /// The fabric of a client, where it wants one: what every machine with libfabric has.
    var choice: FabricChoice? {
        switch self {
        case .fabric: FabricChoice(.named("tcp;ofi_rxm"))
        case .farFabric: FabricChoice(.named("tcp;ofi_rxm"), interface: Link.nearHost)
        default: nil
        }
    }

    var address: FabricAddress { self == .inProcess ? .name("broker") : .host("127.0.0.1", port: 0) }
}

/// A log in a folder of its own, and what a program uses of it.
final class Site: Sendable {
    let folder: TestFolder
    let kind: LogKind
    let embedded: EmbeddedLog
    let transport: any Transport
    let broker: Broker
    let address: FabricAddress
    private let remote: RemoteLog?
    /// The broker, where it is far; then the one of this process has no clients.
    private let far: FarBroker?

    init(_ kind: LogKind, _ limits: Broker.Limits) async throws {
        self.kind = kind
        folder = try TestFolder()
        embedded = try await EmbeddedLog(directory: folder("log"))
        far = kind.isFar ? try await FarBroker(kind, directory: folder("far")) : nil
        transport = try far?.transport ?? kind.transport()
        broker = Broker(embedded, limits: limits) { client throws(LogError) in AllRights(client: client.name) }
        guard kind != .embedded else {
            (address, remote) = (.name("nobody"), nil)
            return
        }
        if let far {
            address = far.address
        } else {
            address = try await broker.listen(at: kind.address, over: transport).address
            if let choice = kind.choice { try await broker.offer(choice, limits: .patient) }
        }
        remote = RemoteLog(at: [address], over: transport, client: "test", limits: .patient, fabric: kind.choice)
    }

    var log: any LogStore { remote ?? embedded }

    /// Another program that uses the same broker.
    func client(_ limits: RemoteLog.Limits = .patient) -> RemoteLog {
        RemoteLog(at: [address], over: transport, client: "another", limits: limits, fabric: kind.choice)
    }

    func close() async {
        remote?.close()
        await broker.close()
        await transport.close()
    }
}

/// Runs a test on a log, and closes it.
func withSite(
    _ kind: LogKind, _ limits: Broker.Limits = .patient, _ body: (Site) async throws -> Void
) async throws {
    let site = try await Site(kind, limits)
    do { try await body(site) } catch {
        await site.close()
        throw error
    }
    await site.close()
}

/// The suites of the broker, which run one after the other: each has threads of its own.
@Suite("The broker", .serialized)
enum BrokerSuites {}

extension FabricLimits {
    /// For machines that are busy with other tests.
    static var patient: FabricLimits {
        var limits = FabricLimits()
        (limits.connectTimeout, limits.pullTimeout) = (.seconds(600), .seconds(600))
        return limits
    }
}

extension Broker.Limits {
    /// For machines that are busy with other tests.
    static var patient: Broker.Limits {
        var limits = Broker.Limits()
        limits.silence = .seconds(600)
        limits.helloTimeout = .seconds(600)
        return limits
    }
}

extension RemoteLog.Limits {
    /// For machines that are busy with other tests.
    static var patient: RemoteLog.Limits {
        var limits = RemoteLog.Limits()
        (limits.reachTimeout, limits.requestTimeout) = (.seconds(600), .seconds(600))
        return limits
    }
}
