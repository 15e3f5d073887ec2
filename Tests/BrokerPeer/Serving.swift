import Foundation
import PenstockBroker
import PenstockFabric
import PenstockLog

/// A broker that lets everybody do everything, with bounds that tests choose. Says `serves ADDRESS`; then, whenever the number of its
/// clients, descriptors or megabytes of memory is asked for by SIGUSR1, `clients N descriptors N memory N`.
struct Serving {
    private let data: String
    private let address: String
    private let silence: Int
    private let fabric: String?
    /// Where the certificate, its key and the authority's certificate are; nil for plain text.
    private let identity: TLSIdentity?

    init(_ options: Options) {
        data = options.required("data")
        address = options["listen"] ?? "127.0.0.1:0"
        silence = options.number("silence", 15_000)
        fabric = options["fabric"]
        identity = options["ca"].map {
            TLSIdentity(authorities: $0, certificateChain: options["certificate"], privateKey: options["key"])
        }
    }

    func run() async throws {
        var limits = Broker.Limits()
        limits.silence = .milliseconds(silence)
        limits.helloTimeout = min(limits.helloTimeout, limits.silence)
        let broker = Broker(try await EmbeddedLog(directory: data), name: "peer", limits: limits) {
            client throws(LogError) in AllRights(client: client.name)
        }
        let transport = try TCPTransport(security: identity.map { .tls($0) } ?? .plaintext)
        if let fabric { try await broker.offer(FabricChoice(fabric)) }
        let listener = try await broker.listen(at: FabricAddress(address), over: transport)
        signal(SIGUSR1, SIG_IGN)
        let source = DispatchSource.makeSignalSource(signal: SIGUSR1, queue: .global())
        source.setEventHandler {
            let descriptors = (try? FileManager.default.contentsOfDirectory(atPath: "/proc/self/fd").count) ?? 0
            BrokerPeer.say(
                "clients \(broker.clientCount) descriptors \(descriptors) memory \(Self.residentMegabytes)")
        }
        source.resume()
        BrokerPeer.say("serves \(listener.address)")
        while true { try await Task.sleep(for: .seconds(3600)) }
    }

    private static var residentMegabytes: Int {
        let status = (try? String(contentsOfFile: "/proc/self/status", encoding: .utf8)) ?? ""
        let line = status.split(separator: "\n").first { $0.hasPrefix("RssAnon:") } ?? ""
        return (line.split(separator: " ").dropFirst().first.flatMap { Int($0) } ?? 0) >> 10
    }
}
