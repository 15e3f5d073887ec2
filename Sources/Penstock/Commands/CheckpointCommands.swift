internal import ArgumentParser
internal import Foundation
internal import PenstockCommands
internal import PenstockEngine
internal import PenstockEvents
internal import PenstockLog

/// Asks a run for a savepoint.
struct SavepointCommand<P: Pipeline>: AsyncParsableCommand {
    static var configuration: CommandConfiguration {
        CommandConfiguration(
            commandName: "savepoint",
            abstract: "Let the run that is on its way keep a savepoint, from which others can begin.")
    }

    @Argument(help: "The name of the savepoint: letters, digits, '_' and '-'.") var name: String
    @Option(help: LogSettings.help) var log = LogSettings.defaultDirectory
    @Option(help: ArgumentHelp("The name of the run's checkpoints, instead of the pipeline's.", valueName: "name"))
    var checkpointName: String?
    @Option(help: ArgumentHelp("How long to wait for it.", valueName: "time")) var timeout = Duration.seconds(600)

    func run() async throws {
        let log = try await LogLocation(log).open(creating: false, for: "\(P.self)")
        let epoch = try await log.requestSavepoint(
            name, of: checkpointName ?? "\(P.self)", waitingAtMost: timeout)
        print("kept the savepoint \(name), checkpoint \(epoch), in \(self.log)")
    }
}

/// Lists checkpoints and savepoints, and deletes savepoints.
struct CheckpointsCommand<P: Pipeline>: AsyncParsableCommand {
    static var configuration: CommandConfiguration {
        CommandConfiguration(
            commandName: "checkpoints", abstract: "List the checkpoints and savepoints of the pipeline.")
    }

    @Option(help: LogSettings.help) var log = LogSettings.defaultDirectory
    @Option(help: ArgumentHelp("The name of the checkpoints, instead of the pipeline's.", valueName: "name"))
    var checkpointName: String?
    @Option(help: ArgumentHelp("Delete the savepoint of this name.", valueName: "name")) var delete: String?
    @Flag(help: "Print JSON.") var json = false

    func run() async throws {
        let log = try await LogLocation(log).open(creating: false, for: "\(P.self)")
        let name = checkpointName ?? "\(P.self)"
        if let delete {
            try await log.deleteSavepoint(delete, of: name)
            print("deleted the savepoint \(delete) of \(name)")
            return
        }
        let kept = try await log.checkpoints(of: name)
        if json { return print(kept.json) }
        guard !kept.isEmpty else {
            print("there are no checkpoints of \(name) in \(self.log)")
            return
        }
        for line in kept.table { print(line) }
    }
}

extension [KeptCheckpoint] {
    /// A line for each checkpoint below a heading.
    var table: [String] {
        let rows =
            [["EPOCH", "NAME", "KEPT", "BYTES", "STAGES"]]
            + map { checkpoint in
                [
                    "\(checkpoint.epoch)", checkpoint.savepoint ?? "-", checkpoint.keptAt.text,
                    "\(checkpoint.byteCount)",
                    checkpoint.isEnd ? "(end of the run)" : "\(checkpoint.stages.count)",
                ]
            }
        let widths = (0..<5).map { column in rows.map { $0[column].count }.max() ?? 0 }
        return rows.map { row in
            let cells = row.enumerated().map { column, text in
                text.padding(toLength: widths[column], withPad: " ", startingAt: 0)
            }
            return cells.joined(separator: "  ").trimmingCharacters(in: .whitespaces)
        }
    }

    /// An array of objects.
    var json: String {
        let objects = map { checkpoint in
            let name = checkpoint.savepoint.map { "\"\($0)\"" } ?? "null"
            let stages = checkpoint.stages.map { "\"\($0)\"" }.joined(separator: ", ")
            return
                "  {\"epoch\": \(checkpoint.epoch), \"savepoint\": \(name), \"kept_at\": \"\(checkpoint.keptAt.text)\", "
                + "\"bytes\": \(checkpoint.byteCount), \"stages\": [\(stages)]}"
        }
        return "[\n\(objects.joined(separator: ",\n"))\n]"
    }
}

extension Timestamp {
    /// By ISO 8601, to the second.
    fileprivate var text: String {
        Date(timeIntervalSince1970: Double(nanoseconds / 1_000_000_000)).formatted(.iso8601)
    }
}
