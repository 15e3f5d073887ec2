internal import ArgumentParser
internal import PenstockEvents
internal import PenstockSecurity

/// `penstock pki`.
struct PKICommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "pki", abstract: "Make a certificate authority, and certificates for TLS.",
        subcommands: [PKIInitCommand.self, PKIIssueCommand.self])
}

/// `penstock pki init`.
struct PKIInitCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "init", abstract: "Make a certificate authority.",
        discussion: """
            Its certificate, ca.pem, goes to everybody who verifies certificates; its key, ca.key, stays where it is. \
            Nothing is overwritten.
            """)

    @Option(help: "The authority's directory; it is made where there is none.") var directory: String
    @Option(help: "What certificates say who has issued them.") var name = "Penstock authority"
    @Option(help: "For how long: 24h to 3653d (ten years).", transform: Age.parse) var valid: Duration = .seconds(
        1825 * 86_400)
    @OptionGroup var report: SecurityReport

    func run() async throws {
        let authority = try CertificateAuthority.create(
            in: directory, name: name, lifetime: valid, at: SystemWallClock().now())
        let end = SecurityReport.text(authority.expires)
        try report.print(
            ["made the authority \"\(name)\" in \(directory), until \(end)"],
            [
                "name": .text(name), "certificate": .text(authority.certificatePath),
                "expires": .text(authority.expires.iso8601),
            ])
    }
}

/// `penstock pki issue`.
struct PKIIssueCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "issue", abstract: "Issue a certificate with its private key.",
        discussion: """
            Writes NAME.pem and NAME.key, which only you can read, to the authority's directory. Nothing is \
            overwritten: move the files to where they are used. There is no list of revoked certificates, so let them \
            live for days.
            """)

    @Option(help: "The authority's directory.") var directory: String
    @Option(help: "The subject: who a client is, or what a server is called.") var name: String
    @Option(help: "A DNS name or IP address at which clients reach the server (repeatable).") var host: [String] = []
    @Flag(help: "For what listens.") var server = false
    @Flag(help: "For what connects.") var client = false
    @Option(help: "For how long: 24h to 30d.", transform: Age.parse) var valid: Duration = .seconds(7 * 86_400)
    @OptionGroup var report: SecurityReport

    func run() async throws {
        var purposes: CertificateRequest.Purposes = []
        if server { purposes.insert(.server) }
        if client { purposes.insert(.client) }
        let request = try CertificateRequest(name: name, hosts: host, purposes: purposes, lifetime: valid)
        let files = try CertificateAuthority(directory: directory).issue(request, at: SystemWallClock().now())
        let end = SecurityReport.text(files.expires)
        try report.print(
            ["issued \(files.certificateChain) with its key \(files.privateKey), until \(end)"],
            [
                "name": .text(name), "certificate": .text(files.certificateChain), "key": .text(files.privateKey),
                "expires": .text(files.expires.iso8601),
            ])
    }
}
