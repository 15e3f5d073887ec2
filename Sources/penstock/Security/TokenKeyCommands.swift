internal import ArgumentParser
internal import PenstockEvents
internal import PenstockSecurity

extension TokenAlgorithm {
    /// The algorithm of a name, in whatever case it is written.
    @Sendable fileprivate static func parse(_ text: String) throws -> TokenAlgorithm {
        guard let algorithm = allCases.first(where: { $0.rawValue.lowercased() == text.lowercased() }) else {
            throw ValidationError("\"\(text)\" is no way to sign tokens; write EdDSA or ES256")
        }
        return algorithm
    }
}

/// `penstock token key create`.
struct TokenKeyCreateCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "create", abstract: "Make a key that signs tokens.",
        discussion: """
            Writes the private half to a new file that only you can read, and adds the public half to the file of keys \
            that servers trust, which is made where there is none.
            """)

    @Option(name: .customLong("private"), help: "A new file for the private half.") var privateFile: String
    @Option(name: .customLong("public"), help: "The file of public keys (a JWKS).") var publicFile: String
    @Option(help: "How tokens are signed: EdDSA (Ed25519) or ES256.", transform: TokenAlgorithm.parse)
    var algorithm = TokenAlgorithm.edDSA
    @Option(help: "The key's id, which its tokens name (default: made of the key).") var id: String?
    @OptionGroup var report: SecurityReport

    func run() async throws {
        let key = try TokenSigningKey(algorithm, id: id)
        var keys = try TokenKeys.orNone(at: publicFile)
        try keys.add(key)
        try key.write(to: privateFile)
        try keys.write(to: publicFile)
        try report.print(
            ["made \(key): private in \(privateFile), public in \(publicFile)"],
            [
                "id": .text(key.id), "algorithm": .text(key.algorithm.rawValue), "private": .text(privateFile),
                "public": .text(publicFile),
            ])
    }
}

/// `penstock token key list`.
struct TokenKeyListCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list", abstract: "List the keys whose tokens are believed.")

    @Option(name: .customLong("public"), help: "The file of public keys (a JWKS).") var publicFile: String
    @OptionGroup var report: SecurityReport

    func run() async throws {
        let keys = try TokenKeys(contentsOf: publicFile)
        let rows = keys.ids.map { ($0, keys.algorithm(of: $0)?.rawValue ?? "") }
        try report.print(
            rows.isEmpty ? ["no keys"] : rows.map { "\($0.1)  \($0.0)" },
            ["keys": .array(rows.map { .members(["id": .text($0.0), "algorithm": .text($0.1)]) })])
    }
}

/// `penstock token key remove`.
struct TokenKeyRemoveCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "remove", abstract: "Remove a key, so that its tokens are believed no longer.",
        discussion: "A server goes on with the keys that it has read until it reads the file again.")

    @Option(name: .customLong("public"), help: "The file of public keys (a JWKS).") var publicFile: String
    @Argument(help: "The key's id.") var id: String
    @OptionGroup var report: SecurityReport

    func run() async throws {
        var keys = try TokenKeys(contentsOf: publicFile)
        try keys.remove(id)
        try keys.write(to: publicFile)
        try report.print(["removed the key \(id) from \(publicFile)"], ["removed": .text(id)])
    }
}

extension TokenKeys {
    /// The keys of a file, or none where there is no such file.
    fileprivate static func orNone(at path: String) throws -> TokenKeys {
        do { return try TokenKeys(contentsOf: path) } catch  where error.code == .missingFile { return TokenKeys() }
    }
}
