internal import Foundation

/// A job of the local scheduler: a file in the folder of its run, replaced as a whole by the process that keeps the job.
struct LocalJob: Codable, Sendable {
    var id: String
    var script: String
    var output: String
    /// How long each task may run, in seconds.
    var walltime: Int
    /// How long before that it gets USR1, in seconds.
    var signalSeconds: Int?
    var dependencies: [JobDependency]
    /// The indices of its tasks; nil for a job without an array.
    var tasks: [Int]?
    /// The most tasks at a time.
    var width: Int
    var submitted: Date
    /// How its tasks are, by index; a job without an array has one with index 0.
    var states: [Int: Task] = [:]

    struct Task: Codable, Sendable {
        var state: JobState
        /// The leader of its process group.
        var process: Int32?
        var started: Date?
        var ended: Date?
    }

    /// `local/…` in the folder of the run.
    static func path(_ id: String, in folder: String) -> String { "\(folder)/local/\(id).json" }

    /// The file that whoever keeps the job has locked for as long as it lives.
    static func lockPath(_ id: String, in folder: String) -> String { "\(folder)/local/\(id).lock" }

    static func read(_ id: String, in folder: String) throws(BatchError) -> LocalJob? {
        let path = path(id, in: folder)
        guard let data = FileManager.default.contents(atPath: path) else { return nil }
        return try RunJSON.value(LocalJob.self, from: data, of: path)
    }

    /// Those that are to work on the run in a folder, apart from some.
    static func records(in folder: String, besides known: Set<String>) throws(BatchError) -> [JobRecord] {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: "\(folder)/local")) ?? []
        var records: [JobRecord] = []
        for name in names where name.hasSuffix(".json") {
            let id = String(name.dropLast(5))
            // What goes on with a single task is written down in the folder of that.
            guard !known.contains(id), let job = try read(id, in: folder), job.script.hasSuffix("/script.sh"),
                job.tasks?.count != 1
            else { continue }
            records.append(
                JobRecord(id: id, submitted: job.submitted, after: job.dependencies, command: [], nodes: 1))
        }
        return records
    }

    func write(in folder: String) throws(BatchError) {
        try AtomicFile.write(RunJSON.data(self), to: Self.path(id, in: folder))
    }

    /// For how many seconds a job may wait for the process that keeps it to begin.
    private static let birthLimit = 15.0

    /// Whether whoever is to keep it may not have begun yet.
    var isNew: Bool { states.isEmpty && abs(submitted.timeIntervalSinceNow) < Self.birthLimit }

    /// Whether somebody keeps the job.
    static func isKept(_ id: String, in folder: String) -> Bool {
        let file = open(lockPath(id, in: folder), O_RDONLY | O_CLOEXEC)
        guard file >= 0 else { return false }
        defer { close(file) }
        // A lock goes with the process that has it, however that ends.
        guard flock(file, LOCK_SH | LOCK_NB) == 0 else { return true }
        flock(file, LOCK_UN)
        return false
    }

    /// The state of a task, or of all together.
    func state(of task: Int?) -> JobState {
        let waiting = JobState.queued(reason: dependencies.isEmpty ? "Resources" : "Dependency")
        if let task { return states[task]?.state ?? waiting }
        let all = (tasks ?? [0]).map { states[$0]?.state ?? waiting }
        return all.first { !$0.isFinal } ?? all.first { $0 != .completed } ?? .completed
    }
}
