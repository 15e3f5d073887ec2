internal import PenstockCommands

/// Where the program begins.
@main enum Program {
    static func main() async {
        do {
            try await CommandProgram<PenstockCommand>.run(Array(CommandLine.arguments.dropFirst()))
            try StandardOutput.shared.flush()
        } catch {
            // What was printed before the error comes out before it.
            try? StandardOutput.shared.flush()
            CommandProgram<PenstockCommand>.end(telling: error)
        }
    }
}
