internal import ArgumentParser
internal import PenstockEvents
internal import PenstockSecurity

/// `penstock token issue`.
struct TokenIssueCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "issue", abstract: "Issue a token.",
        discussion: """
            Whoever has the token is the subject until it expires. Without --output it is printed; give it to programs \
            in a file that only its owner can read, never as an argument.
            """)

    @Option(help: "The file with the private key (see `penstock token key create`).") var key: String
    @Option(help: "The id of the server that the token is for.") var audience: String
    @Option(help: "Who it is.") var subject: String
    @Option(help: "What it may do: produce:PATTERN, consume:PATTERN or admin (repeatable).") var scope: [String] = []
    @Option(help: "For how long: 1s to 24h.", transform: Age.parse) var expires: Duration = .seconds(12 * 3600)
    @Option(help: "A new file for the token, which only you can read.") var output: String?

    func run() async throws {
        let key = try TokenSigningKey(contentsOf: key)
        var scopes: [Scope] = []
        for text in scope { scopes.append(try Scope(text)) }
        guard !scopes.isEmpty else {
            throw CommandError(
                .usage, "the token would allow nothing", hint: "say with --scope what, for example consume:raw.*")
        }
        let claims = try TokenClaims(
            subject: subject, audience: audience, permissions: Permissions(scopes), issued: SystemWallClock().now(),
            lifetime: expires)
        let token = try key.token(claims)
        guard let output else { return try StandardOutput.shared.print(token) }
        try TokenFile.write(token, to: output)
        let end = SecurityReport.text(claims.expires)
        try StandardOutput.shared.print("issued \(output) for \(subject), with the id \(claims.id), until \(end)")
    }
}
