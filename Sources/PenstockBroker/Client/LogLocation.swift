internal import Foundation
internal import PenstockEvents
internal import PenstockFabric
public import PenstockLog
internal import PenstockSecurity

/// Where a log is: a directory, or brokers that serve it. What `--log` takes.
public struct LogLocation: Sendable, Hashable, CustomStringConvertible {
    private enum Place: Hashable {
        case directory(String)
        case brokers([FabricAddress])
    }

    /// What a location of brokers begins with.
    static let scheme = "penstock://"
    private static let embedded = "embedded:"
    private static let defaultPort = 7400

    /// The location as it was written.
    public let description: String
    private let place: Place

    /// Reads `DIR`, `embedded:DIR`, or `penstock://HOST:PORT,HOST:PORT`; the port is 7400 where none is written.
    /// - Throws: `LogError` with code `invalidConfiguration`.
    public init(_ text: String) throws(LogError) {
        description = text
        if text.hasPrefix(Self.scheme) {
            var addresses: [FabricAddress] = []
            for part in text.dropFirst(Self.scheme.count).split(separator: ",", omittingEmptySubsequences: false) {
                let hasPort = part.last != "]" && part.contains(":")
                do throws(FabricError) {
                    addresses.append(try FabricAddress(hasPort ? String(part) : "\(part):\(Self.defaultPort)"))
                } catch {
                    throw LogError(
                        .invalidConfiguration, "\(text) is not where brokers are: \(error.summary)",
                        hint: "write penstock://HOST:PORT, several with commas between them")
                }
            }
            place = .brokers(addresses)
        } else {
            let path = text.hasPrefix(Self.embedded) ? String(text.dropFirst(Self.embedded.count)) : text
            guard !path.isEmpty else {
                throw LogError(
                    .invalidConfiguration, "--log names no directory and no broker",
                    hint: "write a directory, or penstock://HOST:PORT")
            }
            place = .directory(path)
        }
    }

    /// The directory, where it is one.
    public var directory: String? { if case .directory(let path) = place { path } else { nil } }

    /// Opens the log; that of brokers is connected when it is used.
    ///
    /// Brokers on other machines are reached by TLS only: `PENSTOCK_CA` names the file with the certificates of the authorities that are
    /// trusted, `PENSTOCK_CERTIFICATE` and `PENSTOCK_KEY` the files with the own certificate and its key, where the brokers want to see
    /// one. `PENSTOCK_TOKEN_FILE` names the file with the token that is shown to brokers. `PENSTOCK_FABRIC` names the fabric over which
    /// everything goes then: a provider of libfabric or `auto`, and `@INTERFACE`.
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
        case .brokers(let addresses):
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
}

/// How a program proves who it is to brokers, and how it knows them: what the environment says. Secrets are in files.
struct ClientEnvironment: Sendable {
    private let authorities: String?
    private let certificate: String?
    private let key: String?
    private let tokenFile: String?
    private let fabricName: String?

    init(_ environment: [String: String]) {
        func named(_ name: String) -> String? { environment[name].flatMap { $0.isEmpty ? nil : $0 } }
        authorities = named("PENSTOCK_CA")
        certificate = named("PENSTOCK_CERTIFICATE")
        key = named("PENSTOCK_KEY")
        tokenFile = named("PENSTOCK_TOKEN_FILE")
        fabricName = named("PENSTOCK_FABRIC")
    }

    /// A transport to brokers: with TLS where there are authorities to trust, and plain within this machine only.
    func transport(to addresses: [FabricAddress]) throws(LogError) -> any Transport {
        do throws(FabricError) {
            guard let authorities else {
                if let outer = addresses.first(where: { !$0.isLoopback }) {
                    throw FabricError(
                        .invalidIdentity, "\(outer) is another machine, and nothing is sent there without encryption",
                        hint: "name the file with the certificates of the authorities to trust in PENSTOCK_CA")
                }
                return try TCPTransport(security: .plaintext)
            }
            guard (certificate == nil) == (key == nil) else {
                throw FabricError(
                    .invalidIdentity, "of PENSTOCK_CERTIFICATE and PENSTOCK_KEY only one is set",
                    hint: "set both, to the files with the certificate and its key, or none")
            }
            let identity = TLSIdentity(
                authorities: authorities, certificateChain: certificate, privateKey: key)
            return try TCPTransport(security: .tls(identity))
        } catch {
            throw LogError(error)
        }
    }

    /// The fabric over which everything goes, where one is wanted.
    func fabric() throws(LogError) -> FabricChoice? {
        guard let fabricName else { return nil }
        do throws(FabricError) { return try FabricChoice(fabricName) } catch {
            throw LogError(.invalidConfiguration, "PENSTOCK_FABRIC: \(error.summary)", hint: error.hint)
        }
    }

    /// What tells the holder of the token from others who show it: the secret in the file beside it, which is made when it is first
    /// needed. Where none can be there the program stands for itself.
    var session: [UInt8]? {
        guard let tokenFile else { return nil }
        let path = tokenFile + ".session"
        if let known = try? TokenFile.read(path) { return Array(known.utf8) }
        let fresh = (0..<4).map { _ in String(UInt64.random(in: 0 ... .max), radix: 36) }.joined(separator: "-")
        // Another program may be faster.
        try? TokenFile.write(fresh, to: path)
        return (try? TokenFile.read(path)).map { Array($0.utf8) }
    }

    /// The token that is shown; none where no file is named.
    func token() throws(LogError) -> String {
        guard let tokenFile else { return "" }
        do { return try TokenFile.read(tokenFile) } catch {
            throw LogError(.notAllowed, error.summary, hint: error.hint, place: .init(file: tokenFile))
        }
    }
}
