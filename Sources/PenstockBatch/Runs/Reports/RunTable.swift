public import Foundation

/// The runs of a folder, one line each, the newest first.
public struct RunTable: Sendable {
    /// What there is to say of a run.
    public struct Row: Encodable, Sendable {
        /// The run's id, and the path of its folder.
        public let run: String
        public let folder: String
        public let pipeline: String
        public let state: JobState
        /// What there is to say of the state; nil for nothing.
        public let remark: String?
        public let submitted: Date
        /// How long its attempts have run together, in seconds.
        public let walltimeUsed: Double
        /// How many attempts were begun, those of all tasks of a sweep.
        public let attempts: Int
        /// The site profile, or the scheduler where none was used.
        public let site: String
    }

    /// The runs that can be read.
    public let rows: [Row]
    /// Why others cannot.
    public let problems: [BatchError]

    /// Looks at the runs of a folder, by one question to each scheduler.
    /// - Throws: `BatchError` where a folder changes while it is read.
    public init(_ list: RunList) async throws(BatchError) {
        var readable: [RunFolder] = []
        var attempts: [RunFolder: [StatusRecord]] = [:]
        var problems: [BatchError] = []
        for folder in list.all {
            do {
                let manifest = try folder.manifest()
                var all: [StatusRecord] = []
                for work in folder.workFolders(manifest) { all += try work.folder.currentAttempts() }
                attempts[folder] = all
                readable.append(folder)
            } catch {
                problems.append(error)
            }
        }
        self.problems = problems
        rows = try await RunStatus.of(readable).map { status in
            let attempts = attempts[status.folder] ?? []
            return Row(
                run: status.folder.name, folder: status.folder.path, pipeline: status.manifest.pipeline,
                state: status.state, remark: status.remark, submitted: status.manifest.created,
                walltimeUsed: attempts.reduce(0) { $0 + $1.seconds }, attempts: attempts.count,
                site: status.manifest.site ?? status.manifest.scheduler.rawValue)
        }.sorted { ($1.submitted, $0.run) < ($0.submitted, $1.run) }
    }

    /// A table.
    public var text: String {
        var text = AlignedText([["RUN", "PIPELINE", "STATE", "SUBMITTED", "USED", "ATTEMPTS", "SITE"]])
        for row in rows {
            text.add(
                row.run, row.pipeline, row.state.description, RunText.time(row.submitted),
                RunText.duration(row.walltimeUsed), "\(row.attempts)", row.site)
        }
        return text.lines().map { $0 + "\n" }.joined()
    }

    /// An array of objects.
    public var json: String { String(decoding: RunJSON.data(rows), as: UTF8.self) }
}
