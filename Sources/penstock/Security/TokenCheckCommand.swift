internal import ArgumentParser
internal import PenstockEvents
internal import PenstockSecurity

/// `penstock token check`.
struct TokenCheckCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "check", abstract: "Tell whether a server would take a token, and what it allows.",
        discussion: """
            The same check as a server's, by the clock of this machine. That somebody else has shown the token already \
            only the server knows.
            """)

    @Option(name: .customLong("public"), help: "The server's file of public keys (a JWKS).") var publicFile: String
    @Option(help: "The server's id.") var audience: String
    @Argument(help: "The file with the token.") var file: String
    @OptionGroup var report: SecurityReport

    func run() async throws {
        let verifier = try TokenVerifier(keys: TokenKeys(contentsOf: publicFile), audience: audience)
        let identity = try verifier.verify(TokenFile.read(file), at: SystemWallClock().now())
        let scopes = identity.permissions.scopes.map(\.description)
        let end = identity.expires.map { SecurityReport.text($0) } ?? ""
        try report.print(
            [
                "\(identity) may \(scopes.isEmpty ? "do nothing" : scopes.joined(separator: " ")) "
                    + "at \(audience), until \(end)"
            ],
            [
                "subject": .text(identity.subject), "scopes": .array(scopes.map { .text($0) }),
                "expires": .optional(identity.expires?.iso8601),
            ])
    }
}
