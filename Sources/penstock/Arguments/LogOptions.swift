internal import ArgumentParser
internal import Foundation
internal import PenstockBroker
internal import PenstockEvents
internal import PenstockLog

/// The options of every command.
struct LogOptions: ParsableArguments {
    @Option(
        name: .customLong("log"),
        help: ArgumentHelp(
            "The log: a directory, or penstock://HOST:PORT of a broker (default: $PENSTOCK_LOG, else ./penstock-log).",
            valueName: "log"))
    var location: String?

    @Flag(help: "Print JSON instead of text.") var json = false

    var path: String {
        if let location { return location }
        let named = ProcessInfo.processInfo.environment["PENSTOCK_LOG"] ?? ""
        return named.isEmpty ? "penstock-log" : named
    }

    /// Opens the log.
    /// - Parameter creating: whether it is made where there is none.
    func open(creating: Bool = false) async throws -> any LogStore {
        do throws(LogError) {
            return try await LogLocation(path).open(creating: creating, client: "penstock", reachTimeout: .seconds(5))
        } catch {
            guard error.code == .logNotFound else { throw error }
            throw LogError(
                .logNotFound, error.summary,
                hint: "name the log with --log or PENSTOCK_LOG; `penstock topic create` makes a new one",
                place: error.place)
        }
    }

    /// Opens a log whose files are looked at.
    func openFiles() async throws -> EmbeddedLog {
        guard let log = try await open() as? EmbeddedLog else {
            throw CommandError(
                .usage, "\(path) is a broker, and this command looks at files",
                hint: "run it where the log's directory is")
        }
        return log
    }
}
