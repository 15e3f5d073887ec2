internal import ArgumentParser
internal import Foundation
internal import PenstockBroker
internal import PenstockCommands
internal import PenstockEvents
internal import PenstockFabric
internal import PenstockLog

/// How a broker is one of several that serve the same directory.
struct ClusterOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            """
            By what several brokers of the same directory agree who has which partition: file:DIR, a directory that all of them see, \
            or etcd:URL, several with commas between them.
            """, valueName: "place"))
    var coordination: String?

    @Option(
        help: ArgumentHelp(
            "What this broker is called among them, unlike any other (default: the host and the port).",
            valueName: "name"))
    var name: String?

    @Option(
        help: ArgumentHelp("Where clients reach this broker (default: where it listens).", valueName: "host:port"))
    var advertise: String?

    @Option(
        help: ArgumentHelp(
            "How long a broker may be silent before others take over what it has, after half as long again. The same for all.",
            valueName: "duration"))
    var lease: Duration = .seconds(10)

    @Option(
        help: ArgumentHelp("What the brokers of this log have in common in etcd, and no others.", valueName: "name"))
    var cluster = "log"

    func validate() throws {
        guard coordination != nil || (name == nil && advertise == nil) else {
            throw ValidationError("--name and --advertise need --coordination")
        }
    }

    /// The broker's place among the others; nil where it is the only one.
    func place(_ listen: FabricAddress, acceptsPlaintext: Bool) async throws -> BrokerCluster? {
        guard let coordination else { return nil }
        let coordinator = try await coordinator(coordination, acceptsPlaintext)
        return try BrokerCluster(coordinator, name: name ?? Self.name(at: listen))
    }

    /// Where clients reach a broker that listens at an address.
    func advertised(_ listens: FabricAddress) throws -> FabricAddress {
        if let advertise { return try FabricAddress(advertise) }
        if case .host(let host, _) = listens, ["0.0.0.0", "::"].contains(host) {
            throw CommandError(
                .usage, "\(listens) is where the broker listens, and no address at which clients could find it",
                hint: "name one with --advertise")
        }
        return listens
    }

    private func coordinator(_ place: String, _ acceptsPlaintext: Bool) async throws -> any Coordinator {
        let timing = LeaseTiming(lease: lease)
        if place.hasPrefix("file:") {
            return try await FileCoordinator(directory: String(place.dropFirst(5)), timing: timing)
        }
        guard place.hasPrefix("etcd:") else {
            throw CommandError(
                .usage, "\(place) is no place by which brokers could agree", hint: "write file:DIR or etcd:URL")
        }
        return try EtcdCoordinator(
            endpoints: place.dropFirst(5).split(separator: ",").map { String($0) }, namespace: cluster, timing: timing,
            allowsPlaintext: acceptsPlaintext)
    }

    private static func name(at address: FabricAddress) -> String {
        let process = ProcessInfo.processInfo
        let port = if case .host(_, let port) = address, port > 0 { port } else { Int(process.processIdentifier) }
        let host = process.hostName.unicodeScalars.map { scalar in
            scalar.isASCII && (scalar.properties.isAlphabetic || ("0"..."9").contains(scalar)) ? Character(scalar) : "-"
        }
        return "\(String(host))-\(port)"
    }
}
