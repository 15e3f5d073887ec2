internal import ArgumentParser
internal import Dispatch
internal import Foundation
internal import PenstockBroker
internal import PenstockCommands
internal import PenstockFabric
internal import PenstockLog

/// `penstock serve`.
struct ServeCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "serve", abstract: "Serve a log to other processes and machines.",
        discussion: """
            Listens on this machine only, unless --listen says otherwise; elsewhere only with TLS. When it begins, it writes a token to the \
            file .broker-token in the log's directory, which only its owner can read: clients show it by naming the file in \
            PENSTOCK_TOKEN_FILE. Ends at Ctrl-C or SIGTERM; what was acknowledged is kept. At SIGHUP it reads its certificates again.
            """)

    @Option(help: ArgumentHelp("The directory of the log; made where there is none.", valueName: "dir"))
    var data: String

    @Option(help: ArgumentHelp("Where to listen.", valueName: "host:port")) var listen = "127.0.0.1:7400"

    @OptionGroup(title: "Encryption") var encryption: ServerEncryption

    @Flag(help: "Print JSON instead of text.") var json = false

    func run() async throws {
        let address = try FabricAddress(listen)
        let transport = try encryption.transport(for: address)
        let log = try await EmbeddedLog(directory: data)
        let tokenFile = data + "/.broker-token"
        let owner = OwnerToken(try TokenFile.make(at: tokenFile))
        let broker = Broker(log, name: ProcessInfo.processInfo.hostName) { client, token, _ throws(LogError) in
            try owner.rights(of: client, showing: token)
        }
        let (stops, stop) = AsyncStream<Void>.makeStream()
        let signals = StopSignals { stop.finish() }
        defer { signals.cancel() }
        let listener = try await broker.listen(at: address, over: transport)
        try say(listener.address, tokenFile)
        let reloading = encryption.reloading(transport)
        defer { reloading?.cancel() }
        let warning = encryption.warning(about: address)
        for await _ in stops {}
        warning?.cancel()
        await broker.close()
        await transport.close()
        try? FileManager.default.removeItem(atPath: tokenFile)
        StandardError.write("stopped\n")
    }

    private func say(_ address: FabricAddress, _ tokenFile: String) throws {
        if json {
            try StandardOutput.shared.print(
                JSON.members([
                    "log": .text("penstock://\(address)"), "data": .text(data), "token_file": .text(tokenFile),
                    "encrypted": .bool(encryption.isOn),
                ]).compact)
        } else {
            try StandardOutput.shared.print("serves \(data) at penstock://\(address)")
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

    func transport(for address: FabricAddress) throws -> TCPTransport {
        if let certificate, let key, let ca {
            return try TCPTransport(
                security: .tls(
                    TLSIdentity(
                        authorities: ca, certificateChain: certificate, privateKey: key,
                        requiresClientCertificate: requireClientCertificate)))
        }
        guard address.isLoopback || acceptsPlaintext else {
            throw CommandError(
                .usage, "\(address) can be reached from other machines, and the connections would not be encrypted",
                hint: "give --certificate, --key and --ca, or listen on 127.0.0.1")
        }
        return try TCPTransport(security: .plaintext)
    }

    /// Reads the certificates again at SIGHUP.
    func reloading(_ transport: TCPTransport) -> StopSignals? {
        guard isOn else { return nil }
        return StopSignals(StopSignals.reload, again: true) {
            do {
                try transport.reload()
                StandardError.write("read the certificates again\n")
            } catch {
                StandardError.write("the certificates stay as they were: \(error)\n")
            }
        }
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
