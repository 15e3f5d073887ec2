internal import ArgumentParser
internal import PenstockEvents
internal import PenstockLog

/// What deleting a topic and forgetting a group have in common: the options, the question and the answer.
struct Deletion: ParsableArguments {
    @OptionGroup var options: LogOptions
    @OptionGroup var confirmation: Confirmation

    /// Asks, deletes, and tells.
    /// - Parameters:
    ///   - what: what is deleted, in the answer.
    ///   - question: what is lost with it.
    func run(_ name: String, what: String, asking question: String, _ delete: () async throws -> Void) async throws {
        try confirmation.ask(question)
        try await delete()
        if options.json {
            try StandardOutput.shared.print(JSON.members(["deleted": .text(name)]).compact)
        } else {
            try StandardOutput.shared.print("deleted \(what)")
        }
    }
}
