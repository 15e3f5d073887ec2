internal import Foundation

/// The jobs of a run in the queue of its scheduler.
struct JobQueue: Sendable {
    private let manifest: RunManifest
    private let home: RunFolder
    private let folder: RunFolder
    private let scheduler: any Scheduler
    private let task: Int?

    /// - Parameters:
    ///   - home: The folder of the run.
    ///   - folder: That of the task, for a job of a sweep.
    ///   - task: The index of that task; nil for the jobs of a run, or of all tasks.
    init(
        _ manifest: RunManifest, _ home: RunFolder, _ folder: RunFolder, _ scheduler: any Scheduler, task: Int? = nil
    ) {
        (self.manifest, self.home, self.folder, self.scheduler) = (manifest, home, folder, scheduler)
        self.task = task
    }

    /// Writes a job down that whoever queued it may not have written down yet.
    func note(_ id: String) async throws(BatchError) {
        guard try !folder.jobs().contains(where: { $0.id == id }) else { return }
        try folder.note(JobRecord(id: id, command: [], nodes: manifest.spec.nodeCount))
    }

    /// Queues a job of the run, and writes it down.
    func submit(after dependencies: [JobDependency] = []) async throws(BatchError) -> String {
        let script = home("script.sh")
        let id = try await scheduler.submit(script, of: manifest.spec, task: task, after: dependencies)
        try folder.note(
            JobRecord(
                id: id, after: dependencies,
                command: scheduler.submission(of: script, task: task, after: dependencies),
                nodes: manifest.spec.nodeCount))
        return id
    }

    /// How many jobs wait behind the one that is at work. They are there whatever happens to that: a node that is lost queues nothing any more.
    /// Two, so that there is one behind a job that dies before it has queued another.
    static let waiting = 2

    /// Sees to it that jobs wait for the end of this one.
    /// - Parameter count: How many there may be.
    /// - Returns: The next one; nil where there may be none.
    @discardableResult
    func queueSuccessors(of id: String, atMost count: Int) async throws(BatchError) -> String? {
        var last = id
        var next: String?
        for _ in 0..<max(0, min(count, Self.waiting)) {
            let known = try folder.jobs().first { $0.after.contains { $0.job == last } }
            if let known { last = known.id } else { last = try await submit(after: [JobDependency(.afterAny, last)]) }
            next = next ?? last
        }
        return next
    }

    /// Takes all other jobs of the run from the queue. One that cannot be taken finds nothing to do when it begins.
    func cancelOthers(than kept: String...) async {
        let jobs = ((try? folder.jobs()) ?? []).filter { !kept.contains($0.id) && $0.role == .run }
        let references = jobs.map { JobReference($0.id, in: folder.path) }
        guard !references.isEmpty, let known = try? await scheduler.jobs(references) else { return }
        for reference in references where !(known[reference]?.state.isFinal ?? true) {
            try? await scheduler.cancel(reference)
        }
    }
}
