internal import ArgumentParser
internal import Dispatch
internal import Foundation
internal import PenstockBroker
internal import PenstockCommands
internal import PenstockEvents
internal import PenstockFabric
internal import PenstockLog
internal import PenstockSecurity

/// `penstock serve`.
struct ServeCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "serve", abstract: "Serve a log to other processes and machines.",
        discussion: """
            Listens on this machine only, unless --listen says otherwise; elsewhere only with TLS. When it begins, it writes a token to the \
            file .broker-token in the log's directory, which only its owner can read: clients show it by naming the file in \
            PENSTOCK_TOKEN_FILE. Others come with tokens of `penstock token issue` or certificates of `penstock pki issue`, and may do what \
            these, or the file of --access, say. Ends at Ctrl-C or SIGTERM; what was acknowledged is kept. At SIGHUP it reads its \
            certificates, keys and rights again.
            """)

    @Option(help: ArgumentHelp("The directory of the log; made where there is none.", valueName: "dir"))
    var data: String

    @Option(help: ArgumentHelp("Where to listen.", valueName: "host:port")) var listen = "127.0.0.1:7400"

    @Option(
        help: ArgumentHelp(
            "Offer clients that have said who they are a way over a fabric: a provider of libfabric, or auto; and the interface, where it is not this machine alone.",
            valueName: "provider[@interface]"))
    var fabric: String?

    @OptionGroup(title: "Encryption") var encryption: ServerEncryption

    @OptionGroup(title: "Clients") var trust: ServerTrust

    @OptionGroup(title: "Several brokers") var cluster: ClusterOptions

    @Flag(help: "Print JSON instead of text.") var json = false

    func run() async throws {
        let address = try FabricAddress(listen)
        let registry = TokenRegistry()
        let place = try await cluster.place(address, acceptsPlaintext: encryption.acceptsPlaintext)
        let (stops, stop) = AsyncStream<Void>.makeStream()
        let signals = StopSignals { stop.finish() }
        defer { signals.cancel() }
        let served = try await ServedLog(
            data, host: ProcessInfo.processInfo.hostName, at: address, place: place, fabric: fabric,
            authenticator: try trust.authenticator(registry),
            transport: { try encryption.transport(for: address, rejected: $0) }, advertised: cluster.advertised
        ) { name, address in
            StandardError.write("waits for another broker that is called \(name), at \(address)\n")
        }
        try say(served.address, served.tokenFile, over: served.broker.fabricProvider)
        let reloading = StopSignals(StopSignals.reload, again: true) {
            do {
                try served.reload(try trust.authenticator(registry))
                StandardError.write("read the certificates, keys and rights again\n")
            } catch {
                StandardError.write("certificates, keys and rights stay as they were: \(error)\n")
            }
        }
        defer { reloading.cancel() }
        let warning = encryption.warning(about: address)
        for await _ in stops {}
        warning?.cancel()
        await served.close()
        StandardError.write("stopped: \(served.broker.counts)\n")
    }

    private func say(_ address: FabricAddress, _ tokenFile: String, over fabric: String?) throws {
        if json {
            try StandardOutput.shared.print(
                JSON.members([
                    "log": .text("penstock://\(address)"), "data": .text(data), "token_file": .text(tokenFile),
                    "encrypted": .bool(encryption.isOn), "fabric": fabric.map { .text($0) } ?? .null,
                ]).compact)
        } else {
            try StandardOutput.shared.print("serves \(data) at penstock://\(address)")
            if let fabric { try StandardOutput.shared.print("and over the fabric \(fabric), for those who ask for it") }
            try StandardOutput.shared.print("clients show the token in \(tokenFile): PENSTOCK_TOKEN_FILE=\(tokenFile)")
        }
        try StandardOutput.shared.flush()
    }
}

/// How the connections of a broker are encrypted.
struct ServerEncryption: ParsableArguments {
    @Option(
        help: ArgumentHelp("The broker's certificate, and those that lead to an authority (PEM).", valueName: "file"))
    var certificate: String?

    @Option(
        help: ArgumentHelp("The certificate's private key, which only its owner can read (PEM).", valueName: "file"))
    var key: String?

    @Option(help: ArgumentHelp("Certificates of the authorities that sign those of clients (PEM).", valueName: "file"))
    var ca: String?

    @Flag(help: "Let only clients in whose certificate an authority has signed.") var requireClientCertificate = false

    @Flag(
        name: .customLong("insecure-i-accept-plaintext"),
        help: "Listen beyond this machine without encryption: everybody on the way can read and change everything.")
    var acceptsPlaintext = false

    /// Whether connections are encrypted.
    var isOn: Bool { certificate != nil }

    func validate() throws {
        guard (certificate == nil) == (key == nil), certificate == nil || ca != nil else {
            throw ValidationError("--certificate, --key and --ca belong together")
        }
        guard isOn || !requireClientCertificate else {
            throw ValidationError("--require-client-certificate needs --certificate, --key and --ca")
        }
    }

    func transport(
        for address: FabricAddress, rejected: @escaping @Sendable (FabricError) -> Void
    ) throws -> TCPTransport {
        if let certificate, let key, let ca {
            return try TCPTransport(
                security: .tls(
                    TLSIdentity(
                        authorities: ca, certificateChain: certificate, privateKey: key,
                        requiresClientCertificate: requireClientCertificate)), rejected: rejected)
        }
        guard address.isLoopback || acceptsPlaintext else {
            throw CommandError(
                .usage, "\(address) can be reached from other machines, and the connections would not be encrypted",
                hint: "give --certificate, --key and --ca, or listen on 127.0.0.1")
        }
        return try TCPTransport(security: .plaintext, rejected: rejected)
    }

    /// Says every minute that everybody can read everything.
    func warning(about address: FabricAddress) -> Task<Void, Never>? {
        guard !isOn, !address.isLoopback else { return nil }
        return Task {
            repeat {
                StandardError.write(
                    "warning: connections to \(address) are not encrypted: everybody on the way can read and change everything\n"
                )
            } while (try? await Task.sleep(for: .seconds(60))) != nil
        }
    }
}

/// Whom a broker lets in, besides its owner.
struct ServerTrust: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "The public keys of those who issue tokens (JWKS), as `penstock token key` writes them.", valueName: "file")
    )
    var tokenKeys: String?

    @Option(help: ArgumentHelp("What tokens must be for: the name of this broker in them.", valueName: "name"))
    var audience: String?

    @Option(help: ArgumentHelp("What the subjects of certificates may do (JSON).", valueName: "file"))
    var access: String?

    func validate() throws {
        guard (tokenKeys == nil) == (audience == nil) else {
            throw ValidationError("--token-keys and --audience belong together")
        }
    }

    /// Reads the files; nil where nobody but the owner may come.
    func authenticator(_ registry: TokenRegistry) throws -> Authenticator? {
        if tokenKeys == nil, access == nil { return nil }
        var tokens: TokenVerifier?
        if let tokenKeys, let audience {
            tokens = try TokenVerifier(keys: TokenKeys(contentsOf: tokenKeys), audience: audience)
        }
        let policy = try access.map { try AccessPolicy(contentsOf: $0) } ?? AccessPolicy()
        return Authenticator(tokens: tokens, registry: registry, policy: policy)
    }
}
