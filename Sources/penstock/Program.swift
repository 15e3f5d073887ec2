internal import Dispatch
internal import Foundation
internal import PenstockCommands
internal import PenstockLog

/// Where the program begins.
@main enum Program {
    // Not asynchronous: what is checked first has to come before the first task.
    static func main() {
        do { try DescriptorReserve.check("run penstock") } catch { CommandProgram<PenstockCommand>.end(telling: error) }
        Task { await run() }
        dispatchMain()
    }

    private static func run() async -> Never {
        do {
            try await CommandProgram<PenstockCommand>.run(Array(CommandLine.arguments.dropFirst()))
            try StandardOutput.shared.flush()
        } catch {
            // What was printed before the error comes out before it.
            try? StandardOutput.shared.flush()
            CommandProgram<PenstockCommand>.end(telling: error)
        }
        exit(0)
    }
}
