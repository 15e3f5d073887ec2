internal import Foundation
internal import PenstockFabric

/// `listen KIND HOST LIMITS MANNER [AUTHORITIES CERTIFICATE KEY]`: a scripted listener of its own process. Says `listens ADDRESS`, and
/// `= ANSWER` for each line that it reads.
struct Listening {
    private let transport: any Transport
    private let host: String
    private let refuses: Bool

    init(_ arguments: [String]) throws {
        let (kind, numbers) = (arguments[0], arguments[2].split(separator: ",").compactMap { Int($0) })
        host = arguments[1]
        refuses = arguments[3] == "refusing"
        var limits = FabricLimits()
        (limits.messageBytes, limits.payloadBytes) = (numbers[0], numbers[1])
        (limits.queuedBytes, limits.connections) = (numbers[2], numbers[3])
        switch kind {
        case "fabric":
            transport = try LibfabricTransport(
                provider: .named("tcp;ofi_rxm"), interface: host, limits: limits)
        case "tls":
            let identity = TLSIdentity(
                authorities: arguments[4], certificateChain: arguments[5], privateKey: arguments[6],
                requiresClientCertificate: true)
            transport = try TCPTransport(limits: limits, security: .tls(identity))
        default: transport = try TCPTransport(limits: limits, security: .plaintext)
        }
    }

    func run() async throws {
        let listener = try await ScriptedListener(transport, at: .host(host, port: 0), refuses: refuses)
        FabricPeer.say("listens \(listener.address)")
        while let line = readLine() { FabricPeer.say("= " + (await listener.answer(line))) }
    }
}
