internal import Foundation

/// A run, or a task of one: what its folder says, and what follows from that and from the queue.
struct RunPart {
    let folder: RunFolder
    let record: StatusRecord?
    let jobs: [JobRecord]
    private let home: RunFolder
    private let manifest: RunManifest
    /// Whether somebody wants it to end.
    private let isCanceled: Bool

    /// Where it is, what there is to say of that, and whether the user has to do something.
    typealias Finding = (state: JobState, remark: String?, needsHelp: Bool)

    /// For how many seconds a job that is at work may say nothing.
    private static let silenceLimit = 60.0

    /// - Parameters:
    ///   - home: The folder of the run, for a task.
    ///   - arrays: The jobs that were queued for all tasks.
    ///   - isCanceled: Whether somebody wants all tasks to end.
    init(
        _ folder: RunFolder, _ manifest: RunManifest, task: Int? = nil, of home: RunFolder? = nil,
        arrays: [JobRecord] = [], isCanceled: Bool = false
    ) throws(BatchError) {
        self.folder = folder
        self.home = home ?? folder
        self.manifest = manifest
        self.isCanceled = isCanceled || folder.isCanceled
        record = try folder.status()
        var jobs = try folder.jobs()
        // A task's part in an array was written down once for all.
        if let task {
            let scheduler = Schedulers.scheduler(manifest.scheduler)
            for var job in arrays.reversed() {
                job.id = scheduler.task(task, of: job.id)
                if !jobs.contains(where: { [id = job.id] in $0.id == id }) { jobs.insert(job, at: 0) }
            }
        }
        self.jobs = jobs.filter { $0.role == .run }
    }

    /// The jobs that the scheduler has to be asked for: none where the run is over by its own record.
    var openJobs: [JobReference] {
        switch record?.outcome {
        case .completed: []
        case .canceled where !isResumed: []
        case .failed where !isRetried: []
        case .running, .handedOver, .failed, .canceled, nil: jobs.map { JobReference($0.id, in: folder.path) }
        }
    }

    /// What follows from the folder and the queue.
    /// - Parameters:
    ///   - known: What the scheduler knows of its jobs.
    ///   - silence: Why the scheduler was not heard; nil where it was.
    func finding(_ known: [JobReference: QueuedJob], _ silence: BatchError?) -> Finding {
        var finding = state(known, silence)
        if let earlier = home.earlierPath(manifest), finding.state != .completed, finding.state != .canceled {
            let remark = "its folder was \(earlier) when it was submitted, and its jobs look for it there: move it back"
            finding = (finding.state, [finding.remark, remark].compactMap { $0 }.joined(separator: "; "), true)
        }
        return finding
    }

    private func state(_ known: [JobReference: QueuedJob], _ silence: BatchError?) -> Finding {
        guard let record else { return beforeFirst(known, silence) }
        switch record.outcome {
        case .completed: return (.completed, nil, false)
        case .canceled where !isResumed: return (.canceled, nil, false)
        case .running: return running(record, known, silence)
        case .failed where !isRetried: return (failure(record), record.reason, true)
        case .failed, .handedOver, .canceled: return between(record, known, silence)
        }
    }

    // MARK: Jobs

    /// Whether somebody goes on with it behind the newest attempt.
    private var isResumed: Bool { record?.attempt == manifest.chain.resumedAfter }

    private var isRetried: Bool {
        isResumed || record.map { ChainPolicy.mayPass($0) && $0.attempt < manifest.chain.lastAttempt } ?? false
    }

    private func job(_ id: String, _ known: [JobReference: QueuedJob]) -> QueuedJob? {
        known[JobReference(id, in: folder.path)]
    }

    /// The job that comes next: one that has begun, or the first of those that wait, one behind the other.
    private func next(than own: String? = nil, _ known: [JobReference: QueuedJob]) -> QueuedJob? {
        let open = jobs.filter { $0.id != own }.compactMap { job($0.id, known) }.filter { !$0.state.isFinal }
        return open.first { $0.state == .active } ?? open.first
    }

    /// What a job printed of its failure, or where that may be.
    private func lastWords(of job: String) -> String {
        PrintedError.last(in: home(manifest.scriptOutput(of: job))) ?? "\(home("log")) may tell why"
    }

    // MARK: Findings

    /// No job has said anything yet.
    private func beforeFirst(_ known: [JobReference: QueuedJob], _ silence: BatchError?) -> Finding {
        if isCanceled { return (.canceled, nil, false) }
        guard let last = jobs.last else { return (.new, "no job was queued", true) }
        if let job = next(known) {
            if job.state == .active { return (.starting, job.remark, false) }
            let after = manifest.after.flatMap { job.state == .queued(reason: "Dependency") ? RunFolder($0).name : nil }
            return (job.state, after.map { "it waits for the run \($0)" } ?? job.remark, job.neverRuns)
        }
        if let silence {
            return (.queued(reason: nil), "no job has begun, by the run's folder: \(silence.summary)", false)
        }
        guard let job = job(last.id, known) else {
            return (
                .failed(.lost),
                "job \(last.id) is not in the queue any more, and the pipeline never began: \(lastWords(of: last.id))",
                true
            )
        }
        switch job.state {
        case .canceled:
            return (
                .canceled, "job \(last.id) was taken from the queue before it began: `submit --resume` queues another",
                true
            )
        case .completed:
            return (.failed(.lost), "job \(last.id) has ended without a word: \(lastWords(of: last.id))", true)
        case let state:
            return (state, "job \(last.id) ended before the pipeline began: \(lastWords(of: last.id))", true)
        }
    }

    private func running(
        _ record: StatusRecord, _ known: [JobReference: QueuedJob], _ silence: BatchError?
    ) -> Finding {
        let own: JobState =
            switch record.phase {
            case .starting: .starting
            case .active: .active
            case .draining: .draining
            }
        if let silence {
            let time = record.beat.formatted(.iso8601.dateTimeSeparator(.space))
            return (own, "by its own word of \(time): \(silence.summary)", false)
        }
        let job = job(record.jobID, known)
        guard let job, !job.state.isFinal else {
            // The job is gone. Where another one waits, the run goes on.
            let how = job.map { "\($0.state)" } ?? "not in the queue any more"
            if let next = next(than: record.jobID, known) {
                return (
                    next.state == .active ? .starting : next.state, "job \(record.jobID) is \(how)", next.neverRuns
                )
            }
            if let early = endedEarly(behind: record, known) { return early }
            let state = job.map { $0.state == .completed ? .failed(.lost) : $0.state } ?? .failed(.lost)
            return (
                state,
                "job \(record.jobID) has ended without a word: `submit --resume` goes on from its last checkpoint",
                true
            )
        }
        if let requeued = requeued(record, job) { return requeued }
        return (own, clockProblem(record) ?? record.reason, false)
    }

    /// Nil unless the scheduler has taken the job back, to begin it again.
    private func requeued(_ record: StatusRecord, _ job: QueuedJob) -> Finding? {
        guard case .queued = job.state else { return nil }
        let begun = ((try? folder.attempts()) ?? []).count { $0.jobID == record.jobID }
        return (.requeued(count: max(1, begun)), job.remark, job.neverRuns)
    }

    /// What the times say of a job that the queue has at work: it may not know for minutes that a node is gone.
    private func clockProblem(_ record: StatusRecord) -> String? {
        let silence = Date().timeIntervalSince(record.beat)
        guard abs(silence) >= Self.silenceLimit else { return nil }
        let time = Walltime(seconds: Int(abs(silence)))
        return silence < 0
            ? "its last word is of a time \(time) from now: the clocks differ"
            : "it has said nothing for \(time): its node may be lost, or the clocks differ"
    }

    /// An attempt is over, and another one is to come.
    private func between(
        _ record: StatusRecord, _ known: [JobReference: QueuedJob], _ silence: BatchError?
    ) -> Finding {
        if isCanceled { return (.canceled, nil, false) }
        if let own = job(record.jobID, known), let requeued = requeued(record, own) { return requeued }
        if let next = next(than: record.jobID, known) {
            return (
                next.state == .active ? .starting : next.state,
                next.remark ?? "goes on from checkpoint \(record.checkpoint ?? 0)", next.neverRuns
            )
        }
        if let silence { return (.queued(reason: nil), silence.summary, false) }
        if let early = endedEarly(behind: record, known) { return early }
        let state = record.outcome == .handedOver ? .failed(.timeout) : failure(record)
        return (state, "no job goes on with it: `submit --resume` does, from its last checkpoint", true)
    }

    /// Nil unless a job that was to go on has ended before its pipeline began, and has said why.
    private func endedEarly(behind record: StatusRecord, _ known: [JobReference: QueuedJob]) -> Finding? {
        guard let last = jobs.last, last.id != record.jobID,
            let words = PrintedError.last(in: home(manifest.scriptOutput(of: last.id)))
        else { return nil }
        let state = job(last.id, known).map { $0.state == .completed ? .failed(.lost) : $0.state } ?? .failed(.lost)
        return (state, "job \(last.id), which was to go on with it, ended before it began: \(words)", true)
    }

    private func failure(_ record: StatusRecord) -> JobState {
        if let signal = record.signal { return .failed(.signal(signal)) }
        if let exit = record.exit { return .failed(.exit(exit)) }
        return .failed(.timeout)
    }
}

extension RunFolder {
    /// Where the run's jobs look for this folder, where that is not here; nil where it is.
    func earlierPath(_ manifest: RunManifest) -> String? {
        guard let earlier = manifest.spec.arguments.last, earlier != path else { return nil }
        // The same folder may have several names.
        var (here, there) = (stat(), stat())
        let isSame =
            stat(path, &here) == 0 && stat(earlier, &there) == 0 && here.st_ino == there.st_ino
            && here.st_dev == there.st_dev
        return isSame ? nil : earlier
    }
}
