internal import Foundation

/// The states of runs for people, and for programs.
public struct RunReport: Sendable {
    private let states: [RunStatus]

    /// A report on some runs.
    public init(_ states: [RunStatus]) { self.states = states }

    /// A table, or more on a single run.
    public var text: String {
        guard states.count == 1 else { return table }
        return details(states[0])
    }

    /// What there is to say of the first one on a line.
    public var line: String {
        guard let status = states.first else { return "" }
        return ["\(status.state)", progress(status), status.remark].compactMap { $0 }.joined(separator: " · ")
    }

    private var table: String {
        let rows =
            [["RUN", "STATE", "JOB", "ATTEMPT", "PROGRESS", "REMARK"]]
            + states.map { status in
                [
                    status.folder.name, status.state.description, status.job?.id ?? "-",
                    status.record.map { "\($0.attempt)" } ?? "-", progress(status) ?? "-", status.remark ?? "",
                ]
            }
        let widths = (0..<5).map { column in rows.map { $0[column].count }.max() ?? 0 }
        return rows.map { row in
            let cells = row.enumerated().map { column, text in
                column < 5 ? text.padding(toLength: widths[column], withPad: " ", startingAt: 0) : text
            }
            return cells.joined(separator: "  ").trimmingCharacters(in: .whitespaces) + "\n"
        }.joined()
    }

    private func details(_ status: RunStatus) -> String {
        let manifest = status.manifest
        var rows: [(String, String)] = [
            ("run", status.folder.name), ("state", "\(status.state)" + (status.remark.map { ": \($0)" } ?? "")),
            ("pipeline", "\(manifest.pipeline) \(manifest.command.joined(separator: " "))"),
            ("scheduler", manifest.scheduler.rawValue + (status.job.map { ", job \($0.id)" } ?? "")),
            ("submitted", Self.text(manifest.created)),
        ]
        if let record = status.record {
            let most = manifest.chain.lastAttempt
            rows.append(
                ("attempt", "\(record.attempt)" + (most > 1 ? " of at most \(most)" : "") + ", on \(record.host)"))
            rows.append(("began", Self.text(record.started)))
            if let ended = record.ended { rows.append(("ended", Self.text(ended))) }
            if record.ended == nil, let deadline = record.deadline {
                rows.append(("walltime", "until \(Self.text(deadline))"))
            }
            if let checkpoint = record.checkpoint ?? record.restored { rows.append(("checkpoint", "\(checkpoint)")) }
        }
        if let progress = progress(status) { rows.append(("progress", progress)) }
        rows += tasks(status)
        rows.append(("folder", status.folder.path))
        let width = rows.map(\.0.count).max() ?? 0
        return rows.map { $0.0.padding(toLength: width + 2, withPad: " ", startingAt: 0) + $0.1 + "\n" }.joined()
    }

    /// The most tasks of which all are told.
    private static let mostTasks = 100

    /// A row for each task, or of many those that are not completed, and what was put together of them.
    private func tasks(_ status: RunStatus) -> [(String, String)] {
        guard let sweep = status.manifest.sweep else { return [] }
        let isLong = status.tasks.count > Self.mostTasks
        let told = status.tasks.indices.filter { !isLong || status.tasks[$0] != .completed }.prefix(Self.mostTasks)
        var rows = told.map { index in
            ("task \(index)", "\(status.tasks[index]): \(sweep.labels(of: index).joined(separator: " "))")
        }
        if let gathering = status.folder.gathering {
            rows.append(("table", gathering.table))
            if let sheet = gathering.sheet { rows.append(("contact sheet", sheet)) }
        } else if status.state.isFinal {
            rows.append(("table", "none yet: `penstock runs gather \(status.folder.path)` makes it"))
        }
        return rows
    }

    private func progress(_ status: RunStatus) -> String? {
        guard let record = status.record, record.outcome == .running || record.outcome == .handedOver else {
            return nil
        }
        let counts = record.counts.sorted { $0.key < $1.key }.prefix(3).map {
            "\($0.key.replacing("_", with: " ")) \($0.value)"
        }
        return counts.isEmpty ? nil : counts.joined(separator: ", ")
    }

    /// An array of objects.
    public var json: String {
        struct Row: Encodable {
            let run: String
            let folder: String
            let pipeline: String
            let state: JobState
            let remark: String?
            let needsHelp: Bool
            let job: String?
            let record: StatusRecord?
            let tasks: [JobState]
        }
        let rows = states.map { status in
            Row(
                run: status.folder.name, folder: status.folder.path, pipeline: status.manifest.pipeline,
                state: status.state, remark: status.remark, needsHelp: status.needsHelp, job: status.job?.id,
                record: status.record, tasks: status.tasks)
        }
        return String(decoding: RunJSON.data(rows), as: UTF8.self)
    }

    private static func text(_ date: Date) -> String {
        date.formatted(.iso8601.dateTimeSeparator(.space))
    }
}
