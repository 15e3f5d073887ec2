internal import Foundation

/// The folder of a run: all that is known of it. Whoever has the folder can look at the run, follow it and end it, from any process, days later.
///
/// ```
/// runs/live-tomography-7f3a2c/
///   run.json               what was submitted; never changes
///   plan.json  script.sh   the plan, and the batch script of all jobs
///   jobs/75.json           a job, as whoever queued it wrote it down
///   attempts/0001.json     an attempt: made when it begins, replaced when it ends
///   status.json            the newest attempt, replaced every few seconds
///   outputs.json           what was read and made, with checksums, once the run is completed
///   members/n1.json        a process of the run, likewise
///   log/0001.n1.out        what an attempt printed on a node
///   report.json            what the pipeline found and said, once its work is done
///   tasks/0007/            for a sweep, such a folder for each task, in which it works and makes its outputs
///   ended/7                for a sweep, a mark of each task behind which nothing comes
///   table.csv              for a sweep, what became of all tasks, and what they found
///   contact-sheet.png      for a sweep, the last picture of each task
///   cancel                 somebody wants the run to end
/// ```
public struct RunFolder: Sendable, Hashable {
    /// Its absolute path.
    public let path: String

    /// The folder at a path, whether it is there or not.
    public init(_ path: String) { self.path = URL(fileURLWithPath: path).standardizedFileURL.path }

    /// The last part of the path: the run's id.
    public var name: String { URL(fileURLWithPath: path).lastPathComponent }

    /// The path of something in it.
    public func callAsFunction(_ name: String) -> String { "\(path)/\(name)" }

    /// Whether it is the folder of a run.
    public var isThere: Bool { FileManager.default.fileExists(atPath: self("run.json")) }

    /// Makes it, with the folders in it.
    /// - Throws: `BatchError.folder`, also where it is there already.
    public func make() throws(BatchError) {
        do {
            let parent = URL(fileURLWithPath: path).deletingLastPathComponent()
            try FileManager.default.createDirectory(at: parent, withIntermediateDirectories: true)
            try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: false)
            try makeParts()
        } catch let error as BatchError {
            throw error
        } catch {
            throw BatchError(
                .folder, "the run's folder \(path) cannot be made: \(error.localizedDescription)",
                hint: "choose another place with --runs")
        }
    }

    private static let parts = ["jobs", "attempts", "members", "log"]

    /// The names in the folder of a task that are not free for its outputs, as the records of its jobs have them.
    public static let taskNames = parts + ["status.json", "report.json", "outputs.json"]

    private func makeParts() throws {
        for name in Self.parts {
            try FileManager.default.createDirectory(atPath: self(name), withIntermediateDirectories: true)
        }
    }

    /// The folder of a task of a sweep, whether it is there or not.
    public func task(_ index: Int) -> RunFolder { RunFolder(self("tasks/\(Self.number(index))")) }

    /// Makes the folder of a task, where it is not there, with the folders in it.
    /// - Parameter folders: Those that its outputs lie in.
    func makeTask(_ index: Int, for folders: [String]) throws(BatchError) -> RunFolder {
        let folder = task(index)
        do {
            try FileManager.default.createDirectory(atPath: folder.path, withIntermediateDirectories: true)
            try folder.makeParts()
            for name in folders {
                try FileManager.default.createDirectory(atPath: folder(name), withIntermediateDirectories: true)
            }
        } catch {
            throw BatchError(.folder, "the folder \(folder.path) cannot be made: \(error.localizedDescription)")
        }
        return folder
    }

    /// The folder of the run, also where this is that of one of its tasks.
    public var home: RunFolder {
        let parent = URL(fileURLWithPath: path).deletingLastPathComponent()
        return parent.lastPathComponent == "tasks" ? RunFolder(parent.deletingLastPathComponent().path) : self
    }

    /// Four digits at least, so that names are in order.
    static func number(_ value: Int) -> String {
        let digits = "\(value)"
        return String(repeating: "0", count: max(0, 4 - digits.count)) + digits
    }

    // MARK: Files

    /// What was submitted.
    public func manifest() throws(BatchError) -> RunManifest {
        guard let manifest = try read(RunManifest.self, "run.json") else {
            throw BatchError(
                .noRun, "there is no run in \(path)",
                hint: "was the folder moved or deleted? `runs list` shows the runs of a folder")
        }
        guard manifest.version == 1 else {
            throw BatchError(
                .folder, "\(self("run.json")) is of version \(manifest.version), and this program knows version 1",
                hint: "use the program that made the run, or a newer one")
        }
        return manifest
    }

    func write(_ manifest: RunManifest) throws(BatchError) { try write(manifest, "run.json") }

    /// What the newest attempt says of itself; nil before the first.
    public func status() throws(BatchError) -> StatusRecord? { try read(StatusRecord.self, "status.json") }

    func write(_ status: StatusRecord) throws(BatchError) { try write(status, "status.json") }

    /// The attempts, in order.
    public func attempts() throws(BatchError) -> [StatusRecord] { try all(StatusRecord.self, in: "attempts") }

    /// Begins an attempt that nobody else has begun.
    /// - Returns: False where somebody has.
    func begin(_ attempt: StatusRecord) throws(BatchError) -> Bool {
        try AtomicFile.create(RunJSON.data(attempt), at: self("attempts/\(Self.number(attempt.attempt)).json"))
    }

    func end(_ attempt: StatusRecord) throws(BatchError) {
        try keep(attempt)
        try write(attempt)
    }

    /// Replaces the file of an attempt.
    func keep(_ attempt: StatusRecord) throws(BatchError) {
        try write(attempt, "attempts/\(Self.number(attempt.attempt)).json")
    }

    /// The jobs, in the order in which they were queued. Those of this host whose submitter was killed before it could write them down are
    /// known by the files of their keepers.
    public func jobs() throws(BatchError) -> [JobRecord] {
        let noted = try all(JobRecord.self, in: "jobs")
        return (noted + (try LocalJob.records(in: path, besides: Set(noted.map(\.id)))))
            .sorted { ($0.submitted, $0.id) < ($1.submitted, $1.id) }
    }

    /// Writes a job down, unless somebody has.
    func note(_ job: JobRecord) throws(BatchError) {
        _ = try AtomicFile.create(RunJSON.data(job), at: self("jobs/\(job.id.replacing("/", with: "_")).json"))
    }

    /// The members of the newest attempt, by name.
    public func members() throws(BatchError) -> [MemberBeat] { try all(MemberBeat.self, in: "members") }

    /// Writes down how a member is.
    public func write(_ beat: MemberBeat) throws(BatchError) { try write(beat, "members/\(beat.member).json") }

    /// Forgets the members of an earlier attempt.
    func removeMembers() {
        for name in names(in: "members") { unlink(self("members/\(name)")) }
    }

    /// What the pipeline found and said; nil before its work is done.
    public func report() throws(BatchError) -> PipelineReport? { try read(PipelineReport.self, "report.json") }

    /// Writes down what the pipeline found and said.
    public func write(_ report: PipelineReport) throws(BatchError) { try write(report, "report.json") }

    /// Whether somebody wants the run to end.
    public var isCanceled: Bool { FileManager.default.fileExists(atPath: self("cancel")) }

    func askToCancel() throws(BatchError) {
        try AtomicFile.write(Data("\(Date().formatted(RunJSON.format))\n".utf8), to: self("cancel"))
    }

    /// Takes a wish back.
    func removeCancel() { unlink(self("cancel")) }

    /// What the run has read and made; nil before it is completed.
    public func files() throws(BatchError) -> RunFiles? { try read(RunFiles.self, "outputs.json") }

    /// Writes down what the run has read and made, where nobody has.
    /// - Returns: False where somebody has.
    public func begin(_ files: RunFiles) throws(BatchError) -> Bool {
        try AtomicFile.create(RunJSON.data(files), at: self("outputs.json"))
    }

    /// Writes down what the run has read and made.
    public func write(_ files: RunFiles) throws(BatchError) { try write(files, "outputs.json") }

    // MARK: Reading and writing

    func names(in folder: String) -> [String] {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: self(folder))) ?? []
        return names.filter { !$0.hasSuffix(".new") }.sorted()
    }

    func write(_ value: some Encodable, _ name: String) throws(BatchError) {
        try AtomicFile.write(RunJSON.data(value), to: self(name))
    }

    func read<Value: Decodable>(_ type: Value.Type, _ name: String) throws(BatchError) -> Value? {
        guard let data = FileManager.default.contents(atPath: self(name)) else { return nil }
        return try RunJSON.value(type, from: data, of: self(name))
    }

    func all<Value: Decodable>(_ type: Value.Type, in folder: String) throws(BatchError) -> [Value] {
        var values: [Value] = []
        for name in names(in: folder) where name.hasSuffix(".json") {
            // What was removed meanwhile is not there.
            if let value = try read(type, "\(folder)/\(name)") { values.append(value) }
        }
        return values
    }
}
