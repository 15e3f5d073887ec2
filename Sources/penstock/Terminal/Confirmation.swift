internal import ArgumentParser
internal import Foundation
internal import PenstockCommands
internal import PenstockEvents

/// The question before what cannot be undone.
struct Confirmation: ParsableArguments {
    @Flag(name: .shortAndLong, help: "Do it without asking.") var yes = false

    /// Asks on the terminal.
    /// - Throws: `CommandError` where the answer is no, or where nobody can be asked.
    func ask(_ question: String) throws {
        guard !yes else { return }
        guard isatty(STDIN_FILENO) == 1, StandardError.isTerminal else {
            throw CommandError(
                .usage, "this cannot be undone, and there is no terminal to ask: \(question)",
                hint: "add --yes to do it")
        }
        StandardError.write("\(question) [y/N] ")
        guard let answer = readLine(), ["y", "yes"].contains(answer.lowercased()) else {
            throw CommandError(.usage, "nothing was changed")
        }
    }
}
