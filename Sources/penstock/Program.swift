internal import ArgumentParser
internal import Foundation
internal import PenstockEvents

/// Where the program begins, and how its errors reach the user.
@main enum Program {
    static func main() async {
        do {
            var command = try PenstockCommand.parseAsRoot()
            if var asynchronous = command as? any AsyncParsableCommand {
                try await asynchronous.run()
            } else {
                try command.run()
            }
            try StandardOutput.shared.flush()
        } catch {
            end(telling: error)
        }
    }

    /// Tells of an error and leaves with its exit status. What was printed before it comes out first.
    private static func end(telling error: any Error) -> Never {
        try? StandardOutput.shared.flush()
        if let diagnostic = error as? any Diagnostic {
            StandardError.tell(diagnostic)
            Foundation.exit(diagnostic.category.rawValue)
        }
        if let status = error as? ExitCode { Foundation.exit(status.rawValue) }
        let status = PenstockCommand.exitCode(for: error)
        guard !status.isSuccess else { PenstockCommand.exit(withError: error) }
        let message = PenstockCommand.fullMessage(for: error)
        let told = message.hasPrefix("Error: ") ? "error: " + message.dropFirst("Error: ".count) : message
        StandardError.write(told + "\n")
        Foundation.exit(status.rawValue)
    }
}
