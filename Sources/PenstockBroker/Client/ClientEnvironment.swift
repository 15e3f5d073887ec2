internal import PenstockFabric
internal import PenstockLog
internal import PenstockSecurity

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
