#if Broker
    internal import ArgumentParser
    internal import Foundation
    internal import PenstockBatch
    internal import PenstockBroker
    internal import PenstockCommands
    internal import PenstockEvents
    internal import PenstockFabric
    internal import PenstockLog
    internal import PenstockSecurity

    /// What a job starts to serve the log of its run to members on other nodes.
    struct BrokerCommand: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "broker", abstract: "Serve the log of a run; a job calls it.", shouldDisplay: false)

        @Argument(help: "The folder of the run.") var folder: String

        func run() async throws {
            let folder = RunFolder(folder)
            let manifest = try folder.manifest()
            let host = ProcessInfo.processInfo.hostName
            let identity = try RunIdentity(folder)
            let files = try identity.certificate(for: host)
            let brokers = manifest.spec.logResources?.nodeCount ?? 1
            let name = "\(host)-\(getpid())"
            let place: BrokerCluster? =
                brokers == 1
                ? nil
                : try BrokerCluster(try await FileCoordinator(directory: folder("coordination")), name: name)
            let (stops, stop) = AsyncStream<Void>.makeStream()
            let signals = StopSignals([SIGTERM, SIGINT, SIGUSR1], again: true) { stop.finish() }
            defer { signals.cancel() }
            let served = try await ServedLog(
                manifest.log, host: host, at: .host(host, port: 0), place: place,
                fabric: ProcessInfo.processInfo.environment["PENSTOCK_FABRIC"]
            ) { refused in
                try TCPTransport(
                    security: .tls(
                        TLSIdentity(
                            authorities: identity.authority, certificateChain: files.certificateChain,
                            privateKey: files.privateKey)), rejected: refused)
            }
            let tokenFile = URL(fileURLWithPath: served.tokenFile).path
            try folder.write(
                BrokerRecord(address: "\(served.address)", tokenFile: tokenFile, authority: identity.authority),
                name: name)
            print("serves \(manifest.log) at penstock://\(served.address)")
            for await _ in stops {}
            await served.close()
            print("stopped: \(served.broker.counts)")
        }
    }

    /// The authority of a run's own certificates: in a folder that only its owner can read, made when it is first needed. Nobody else trusts it,
    /// and it trusts nobody else.
    private struct RunIdentity {
        let authority: String
        private let signer: CertificateAuthority
        private let directory: String

        init(_ folder: RunFolder) throws {
            directory = folder("security")
            let now = SystemWallClock().now()
            if mkdir(directory, 0o700) == 0 {
                signer = try CertificateAuthority.create(
                    in: directory, name: "Penstock run \(folder.name)", lifetime: .seconds(3653 * 86_400), at: now)
            } else {
                signer = try Self.existing(directory)
            }
            authority = URL(fileURLWithPath: signer.certificatePath).path
        }

        /// Of several brokers that begin at once the first makes it.
        private static func existing(_ directory: String) throws -> CertificateAuthority {
            for _ in 0..<100 {
                if let authority = try? CertificateAuthority(directory: directory) { return authority }
                usleep(50_000)
            }
            return try CertificateAuthority(directory: directory)
        }

        /// A certificate for a broker on this host, which lives as long as any may: 30 days.
        func certificate(for host: String) throws -> CertificateFiles {
            let request = try CertificateRequest(
                name: "\(host)-\(getpid())-\(UInt32.random(in: 0 ... .max))", hosts: [host], purposes: .server,
                lifetime: CertificateRequest.lifetimeMax)
            return try signer.issue(request, at: SystemWallClock().now())
        }
    }
#endif
