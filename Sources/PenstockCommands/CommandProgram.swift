package import ArgumentParser
internal import Foundation

/// The main function of a program whose root command is `Root`.
package enum CommandProgram<Root: ParsableCommand> {
    /// Runs the command that `arguments` name.
    package static func run(_ arguments: [String]) async throws {
        var command = try Root.parseAsRoot(arguments)
        if var asynchronous = command as? any AsyncParsableCommand {
            try await asynchronous.run()
        } else {
            try command.run()
        }
    }

    /// Tells of an error and leaves with its exit status. What ArgumentParser has to say comes in the form of all other errors.
    package static func end(telling error: any Error) -> Never {
        if let report = FailureReport(error) {
            report.print()
            Foundation.exit(report.status)
        }
        let status = Root.exitCode(for: error)
        guard !status.isSuccess else { Root.exit(withError: error) }
        for line in UsageReport(Root.fullMessage(for: error)).lines { StandardError.write(line + "\n") }
        Foundation.exit(status.rawValue)
    }
}
