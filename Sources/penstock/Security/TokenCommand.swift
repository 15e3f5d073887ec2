internal import ArgumentParser

/// `penstock token`.
struct TokenCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "token", abstract: "Issue and check tokens, and look after the keys that sign them.",
        subcommands: [TokenIssueCommand.self, TokenCheckCommand.self, TokenKeyCommand.self])
}

/// `penstock token key`.
struct TokenKeyCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "key", abstract: "Make, list and remove the keys that sign tokens.",
        subcommands: [TokenKeyCreateCommand.self, TokenKeyListCommand.self, TokenKeyRemoveCommand.self])
}
