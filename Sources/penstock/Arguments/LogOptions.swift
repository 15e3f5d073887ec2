internal import ArgumentParser
internal import Foundation
internal import PenstockEvents
internal import PenstockLog

/// The options of every command.
struct LogOptions: ParsableArguments {
    @Option(name: .customLong("log"), help: "The log's directory (default: $PENSTOCK_LOG, else ./penstock-log).")
    var directory: String?

    @Flag(help: "Print JSON instead of text.") var json = false

    var path: String {
        if let directory { return directory }
        let named = ProcessInfo.processInfo.environment["PENSTOCK_LOG"] ?? ""
        return named.isEmpty ? "penstock-log" : named
    }

    /// Opens the log.
    /// - Parameter creating: whether it is made where there is none.
    func open(creating: Bool = false) async throws -> EmbeddedLog {
        guard !path.isEmpty else {
            throw CommandError(.usage, "--log names no directory", hint: "leave it out for ./penstock-log")
        }
        do {
            return try await EmbeddedLog(directory: path, creating: creating)
        } catch {
            guard error.code == .logNotFound else { throw error }
            throw LogError(
                .logNotFound, error.summary,
                hint: "name the log's directory with --log or PENSTOCK_LOG; `penstock topic create` makes a new one",
                place: error.place)
        }
    }
}
