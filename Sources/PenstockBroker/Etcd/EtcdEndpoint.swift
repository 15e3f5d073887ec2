internal import NIOCore
internal import PenstockLog

/// Where an etcd listens for its clients.
struct EtcdEndpoint: Sendable, Hashable, CustomStringConvertible {
    static let defaultPort = 2379

    let host: String
    let port: Int

    var description: String { host.contains(":") ? "http://[\(host)]:\(port)" : "http://\(host):\(port)" }

    /// - Parameters:
    ///   - text: `http://HOST:PORT`.
    ///   - allowsPlaintext: whether others than this machine may be spoken to without encryption.
    /// - Throws: `CoordinatorError` with code `invalidConfiguration`.
    init(_ text: String, allowsPlaintext: Bool) throws(CoordinatorError) {
        guard !text.hasPrefix("https://") else {
            throw CoordinatorError(
                .invalidConfiguration, "\(text): TLS to etcd is not supported yet",
                hint: "run an `etcd grpc-proxy`, or another proxy that speaks TLS to the cluster, on this machine")
        }
        let scheme = "http://"
        var rest = text.hasPrefix(scheme) ? text.dropFirst(scheme.count) : text[...]
        while rest.hasSuffix("/") { rest.removeLast() }
        let (host, port) = Self.split(rest)
        guard let port, (1...65_535).contains(port), !host.isEmpty, !rest.contains("/"), !rest.contains("@") else {
            throw CoordinatorError(
                .invalidConfiguration, "\(text) is no address of etcd", hint: "write http://HOST:PORT")
        }
        self.host = String(host)
        self.port = port
        guard allowsPlaintext || isLoopback else {
            throw CoordinatorError(
                .invalidConfiguration, "\(text) would be spoken to in plain text over the network",
                hint: "name an etcd, or a proxy to it, on this machine; or say that plain text is allowed")
        }
    }

    private static func split(_ text: Substring) -> (host: Substring, port: Int?) {
        if text.hasPrefix("["), let end = text.firstIndex(of: "]") {
            let host = text[text.index(after: text.startIndex)..<end]
            let rest = text[text.index(after: end)...]
            return (host, rest.isEmpty ? defaultPort : rest.hasPrefix(":") ? Int(rest.dropFirst()) : nil)
        }
        let parts = text.split(separator: ":", omittingEmptySubsequences: false)
        return (parts[0], parts.count == 1 ? defaultPort : parts.count == 2 ? Int(parts[1]) : nil)
    }

    private var isLoopback: Bool {
        if host == "localhost" { return true }
        return switch try? SocketAddress(ipAddress: host, port: port) {
        case .v4: host.hasPrefix("127.")
        case .v6: host == "::1"
        default: false
        }
    }
}
