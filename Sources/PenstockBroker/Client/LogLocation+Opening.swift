internal import Foundation
internal import PenstockFabric
public import PenstockLog

extension LogLocation {
    /// Opens the log; that of brokers is connected when it is used.
    ///
    /// Brokers on other machines are reached by TLS only: `PENSTOCK_CA` names the file with the certificates of the authorities that are
    /// trusted, `PENSTOCK_CERTIFICATE` and `PENSTOCK_KEY` the files with the own certificate and its key, where the brokers want to see
    /// one. `PENSTOCK_TOKEN_FILE` names the file with the token that is shown to brokers. `PENSTOCK_FABRIC` names the fabric over which
    /// everything goes then: a provider of libfabric or `auto`, and `@INTERFACE`. The port is 7400 where none is written.
    /// - Parameters:
    ///   - creating: Whether a directory becomes a log where there is none.
    ///   - client: What the program calls itself in the messages of brokers.
    ///   - reachTimeout: For how long brokers are looked for.
    /// - Throws: As `EmbeddedLog`; `LogError` with code `invalidConfiguration` or `notAllowed` where the environment does not fit.
    public func open(
        creating: Bool, client: String, reachTimeout: Duration = .seconds(30)
    ) async throws(LogError) -> any LogStore {
        switch place {
        case .directory(let path): return try await EmbeddedLog(directory: path, creating: creating)
        case .brokers(let brokers):
            let addresses = try addresses(of: brokers)
            let environment = ClientEnvironment(ProcessInfo.processInfo.environment)
            let transport = try environment.transport(to: addresses)
            var limits = RemoteLog.Limits()
            limits.reachTimeout = reachTimeout
            return RemoteLog(
                at: addresses, over: transport, client: client, limits: limits, session: environment.session,
                fabric: try environment.fabric()
            ) { () throws(LogError) in try environment.token() }
        }
    }

    private static let defaultPort = 7400

    private func addresses(of brokers: [String]) throws(LogError) -> [FabricAddress] {
        var addresses: [FabricAddress] = []
        for broker in brokers {
            let hasPort = broker.last != "]" && broker.contains(":")
            do throws(FabricError) {
                addresses.append(try FabricAddress(hasPort ? broker : "\(broker):\(Self.defaultPort)"))
            } catch {
                throw LogError(
                    .invalidConfiguration, "\(self) is not where brokers are: \(error.summary)",
                    hint: "write penstock://HOST:PORT, several with commas between them")
            }
        }
        return addresses
    }
}
