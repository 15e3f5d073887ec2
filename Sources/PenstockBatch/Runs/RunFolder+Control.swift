internal import Foundation

extension RunFolder {
    /// Goes on with a run whose work is not done and that no job works on: from its last checkpoint, by so many jobs more.
    /// - Returns: The first of them.
    /// - Throws: `BatchError.wrongState` for a run that is completed, or that jobs work on or wait for.
    public func resume(jobs: Int) async throws(BatchError) -> JobReference {
        let status = try await RunStatus.of([self])[0]
        guard status.state.isFinal else {
            throw BatchError(
                .wrongState, "\(name) is \(status.state): nothing has to go on with it",
                hint: "`wait` waits for its end")
        }
        guard status.state != .completed else {
            throw BatchError(.wrongState, "\(name) is completed: nothing is left to do")
        }
        var manifest = status.manifest
        guard manifest.sweep == nil else {
            throw BatchError(
                .wrongState, "\(name) is a sweep", hint: "submit the values that are missing as another one")
        }
        if let earlier = earlierPath(manifest) {
            throw BatchError(
                .wrongState, "\(path) was \(earlier) when it was submitted, and its jobs would look for it there",
                hint: "move it back")
        }
        guard FileManager.default.isExecutableFile(atPath: manifest.program.path) else {
            throw BatchError(
                .changed, "\(manifest.program.path), the program of the run, is gone",
                hint: "bring it back: it was \(manifest.program.origin), with SHA-256 \(manifest.program.sha256)")
        }
        manifest.chain.resumedAfter = try attempts().count
        manifest.chain.jobs = jobs
        removeCancel()
        try write(manifest)
        let queue = JobQueue(manifest, self, self, Schedulers.scheduler(manifest.scheduler))
        return JobReference(try await queue.submit(), in: path)
    }

    /// Ends a run: what waits is taken from the queue, what runs comes to a last checkpoint first.
    /// - Parameter isNow: Whether it ends at once, with what the checkpoint before it has.
    /// - Throws: `BatchError.wrongState` for a run that is over.
    public func cancel(now isNow: Bool) async throws(BatchError) {
        let status = try await RunStatus.of([self])[0]
        guard !status.state.isFinal else {
            throw BatchError(.wrongState, "\(name) is \(status.state): there is nothing to cancel")
        }
        try askToCancel()
        let manifest = status.manifest
        let scheduler = Schedulers.scheduler(manifest.scheduler)
        let references = try openJobs(status, scheduler)
        let known = try await scheduler.jobs(references)
        var ended: [JobReference] = []
        for reference in references {
            guard let job = known[reference], !job.state.isFinal else { continue }
            // A program that runs sees by itself that the run is to end; the signal is for those whose folder is slow.
            if job.state == .active, !isNow {
                do throws(BatchError) {
                    try await scheduler.send(.drain, to: reference)
                } catch {
                    guard try await hasEnded(reference, scheduler) else { throw error }
                }
            } else {
                ended.append(reference)
            }
        }
        try await scheduler.cancel(ended)
        try await markCanceled(status, ended)
        guard isNow || status.record == nil else { return }
        for folder in parts(manifest) {
            guard var record = try folder.status(), [.running, .handedOver].contains(record.outcome) else { continue }
            (record.outcome, record.reason, record.ended) = (.canceled, "cancel", Date())
            try folder.end(record)
        }
    }

    /// Whether a job that was at work has come to its end meanwhile, by what it says itself or by the queue.
    private func hasEnded(_ job: JobReference, _ scheduler: any Scheduler) async throws(BatchError) -> Bool {
        let record = try RunFolder(job.folder).status()
        if let record, record.jobID == job.id, record.outcome != .running { return true }
        return try await scheduler.jobs([job])[job]?.state.isFinal ?? true
    }

    /// The jobs of the run, or one by one those of the tasks of a sweep that are not over: a signal for an array would be one for all of them.
    private func openJobs(_ status: RunStatus, _ scheduler: any Scheduler) throws(BatchError) -> [JobReference] {
        let own = try jobs()
        guard status.manifest.sweep != nil else { return own.map { JobReference($0.id, in: path) } }
        var references: [JobReference] = []
        for (index, state) in status.tasks.enumerated() where !state.isFinal {
            let folder = task(index)
            let ids = own.map { scheduler.task(index, of: $0.id) } + (try folder.jobs()).map(\.id)
            var seen: Set<String> = []
            references += ids.filter { seen.insert($0).inserted }.map { JobReference($0, in: folder.path) }
        }
        return references
    }

    /// Tasks of a sweep that were taken from the queue say nothing any more: somebody else says that they are over.
    private func markCanceled(_ status: RunStatus, _ ended: [JobReference]) async throws(BatchError) {
        let folders = Set(ended.map(\.folder))
        for index in status.tasks.indices where folders.contains(task(index).path) {
            guard try task(index).attempts().isEmpty else { continue }
            if try markEnd(of: index, of: status.tasks.count) { _ = try await gather() }
        }
    }

    /// The folders that jobs work in: its own, or those of the tasks of a sweep with it.
    func parts(_ manifest: RunManifest) -> [RunFolder] {
        guard let sweep = manifest.sweep else { return [self] }
        return [self] + sweep.tasks.indices.map(task)
    }
}
