internal import Foundation

/// Where a run is, from what its jobs say of themselves, and what the schedulers say of its jobs.
///
/// The record of the newest attempt comes first, then the state of its job in the queue, then its absence from there: a scheduler forgets jobs
/// that are over, and one that is not asked in time never says how they ended.
public struct RunStatus: Sendable, Hashable {
    /// The run.
    public let folder: RunFolder
    /// What was submitted.
    public let manifest: RunManifest
    /// Where it is.
    public let state: JobState
    /// What there is to say of that, in words; nil for nothing.
    public let remark: String?
    /// Whether the user has to do something, such as change what the job asks for.
    public let needsHelp: Bool
    /// What the newest attempt says; nil before the first.
    public let record: StatusRecord?
    /// Its newest job; nil where none was queued.
    public let job: JobRecord?
    /// The states of the tasks of a sweep, by index.
    public let tasks: [JobState]

    /// For how many seconds a job that is at work may say nothing.
    private static let silenceLimit = 60.0

    /// The states of runs, by one question to each scheduler.
    /// - Throws: `BatchError` for a folder that is no run's. A scheduler that does not answer leaves states that say so.
    public static func of(_ folders: [RunFolder]) async throws(BatchError) -> [RunStatus] {
        var views: [View] = []
        for folder in folders { views.append(try View(folder)) }
        var known: [JobReference: QueuedJob] = [:]
        var silent: [SchedulerName: BatchError] = [:]
        for name in SchedulerName.allCases {
            let references = views.filter { $0.manifest.scheduler == name }.flatMap(\.openJobs)
            guard !references.isEmpty else { continue }
            do {
                known.merge(try await Schedulers.scheduler(name).jobs(references)) { first, _ in first }
            } catch {
                silent[name] = error
            }
        }
        return views.map { view in view.status(known, silent[view.manifest.scheduler]) }
    }

    /// What is in the folder of a run.
    private struct View {
        let folder: RunFolder
        let manifest: RunManifest
        let parts: [Part]
        /// The newest job that was queued for all tasks of a sweep.
        let array: JobRecord?

        init(_ folder: RunFolder) throws(BatchError) {
            self.folder = folder
            manifest = try folder.manifest()
            guard let sweep = manifest.sweep else {
                parts = [try Part(folder, manifest, task: nil)]
                array = nil
                return
            }
            let arrays = try folder.jobs()
            let isCanceled = folder.isCanceled
            var parts: [Part] = []
            for task in sweep.tasks.indices {
                parts.append(try Part(folder.task(task), manifest, task: task, of: arrays, isCanceled: isCanceled))
            }
            self.parts = parts
            array = arrays.last
        }

        var openJobs: [JobReference] { parts.flatMap(\.openJobs) }

        func status(_ known: [JobReference: QueuedJob], _ silence: BatchError?) -> RunStatus {
            let views = parts.map { $0.state(known, silence) }
            guard manifest.sweep != nil else {
                return RunStatus(
                    folder: folder, manifest: manifest, state: views[0].state, remark: views[0].remark,
                    needsHelp: views[0].needsHelp, record: parts[0].record, job: parts[0].jobs.last, tasks: [])
            }
            let states = views.map(\.state)
            let open = states.filter { !$0.isFinal }
            let state =
                open.first { $0 == .active || $0 == .draining } ?? open.first ?? states.first { $0 != .completed }
                ?? .completed
            let done = states.count { $0 == .completed }
            let canceled = states.count { $0 == .canceled }
            let failed = states.count { $0.isFinal && $0 != .completed } - canceled
            let remark =
                "\(done) of \(states.count) tasks done" + (failed > 0 ? ", \(failed) failed" : "")
                + (canceled > 0 ? ", \(canceled) canceled" : "")
            return RunStatus(
                folder: folder, manifest: manifest, state: state, remark: remark,
                needsHelp: views.contains(where: \.needsHelp), record: parts.last { $0.record != nil }?.record,
                job: array, tasks: states)
        }
    }

    /// A run, or a task of one.
    private struct Part {
        let folder: RunFolder
        let manifest: RunManifest
        let record: StatusRecord?
        let jobs: [JobRecord]
        /// Whether somebody wants it to end.
        let isCanceled: Bool

        /// - Parameters:
        ///   - arrays: The jobs that were queued for all tasks.
        ///   - isCanceled: Whether somebody wants all of them to end.
        init(
            _ folder: RunFolder, _ manifest: RunManifest, task: Int?, of arrays: [JobRecord] = [],
            isCanceled: Bool = false
        ) throws(BatchError) {
            self.folder = folder
            self.isCanceled = isCanceled || folder.isCanceled
            self.manifest = manifest
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

        /// Whether somebody goes on with it behind the newest attempt.
        private var isResumed: Bool { record?.attempt == manifest.chain.resumedAfter }

        private var isRetried: Bool {
            isResumed || record.map { ChainPolicy.mayPass($0) && $0.attempt < manifest.chain.lastAttempt } ?? false
        }

        private func job(_ id: String, _ known: [JobReference: QueuedJob]) -> QueuedJob? {
            known[JobReference(id, in: folder.path)]
        }

        func state(
            _ known: [JobReference: QueuedJob], _ silence: BatchError?
        ) -> (state: JobState, remark: String?, needsHelp: Bool) {
            guard let record else { return beforeFirst(known, silence) }
            switch record.outcome {
            case .completed: return (.completed, nil, false)
            case .canceled where !isResumed: return (.canceled, nil, false)
            case .running: return running(record, known, silence)
            case .failed where !isRetried: return (failure(record), record.reason, true)
            case .failed, .handedOver, .canceled: return between(record, known, silence)
            }
        }

        /// No job has said anything yet.
        private func beforeFirst(
            _ known: [JobReference: QueuedJob], _ silence: BatchError?
        ) -> (state: JobState, remark: String?, needsHelp: Bool) {
            if isCanceled { return (.canceled, nil, false) }
            guard let last = jobs.last else { return (.new, "no job was queued", true) }
            guard let job = job(last.id, known) else {
                if let silence { return (.queued(reason: nil), "\(silence.summary)", false) }
                return (
                    .failed(.lost),
                    "job \(last.id) is not in the queue any more, and has left no word: \(folder("log")) may tell why",
                    true
                )
            }
            switch job.state {
            case .active: return (.starting, job.remark, false)
            case .completed:
                return (.failed(.lost), "job \(last.id) has ended without a word: \(folder("log")) may tell why", true)
            case let state where state.isFinal:
                return (state, "job \(last.id) ended before the pipeline began: \(folder("log")) may tell why", true)
            case let state: return (state, job.remark, job.neverRuns)
            }
        }

        private func running(
            _ record: StatusRecord, _ known: [JobReference: QueuedJob], _ silence: BatchError?
        ) -> (state: JobState, remark: String?, needsHelp: Bool) {
            let own: JobState =
                switch record.phase {
                case .starting: .starting
                case .active: .active
                case .draining: .draining
                }
            let job = job(record.jobID, known)
            if let silence { return (own, "by its own word of \(record.beat.formatted()): \(silence.summary)", false) }
            guard let job, !job.state.isFinal else {
                // The job is gone. Where another one waits, the run goes on.
                let next = jobs.filter { $0.id != record.jobID }.compactMap { self.job($0.id, known) }.last {
                    !$0.state.isFinal
                }
                let how = job.map { "\($0.state)" } ?? "not in the queue any more"
                if let next {
                    return (
                        next.state == .active ? .starting : next.state, "job \(record.jobID) is \(how)", next.neverRuns
                    )
                }
                let state = job.map { $0.state == .completed ? .failed(.lost) : $0.state } ?? .failed(.lost)
                return (
                    state,
                    "job \(record.jobID) has ended without a word: `submit --resume` goes on from its last checkpoint",
                    true
                )
            }
            if case .queued = job.state { return (.requeued(count: record.attempt), job.remark, job.neverRuns) }
            // The scheduler may not know for minutes that a node is gone.
            let silence = Date().timeIntervalSince(record.beat)
            guard silence < RunStatus.silenceLimit else {
                return (
                    own,
                    "it has said nothing for \(Int(silence)) s: its node may be lost, or the clocks of the nodes differ",
                    false
                )
            }
            return (own, record.reason, false)
        }

        /// An attempt is over, and another one is to come.
        private func between(
            _ record: StatusRecord, _ known: [JobReference: QueuedJob], _ silence: BatchError?
        ) -> (state: JobState, remark: String?, needsHelp: Bool) {
            if isCanceled { return (.canceled, nil, false) }
            let next = jobs.filter { $0.id != record.jobID }.compactMap { job($0.id, known) }.last { !$0.state.isFinal }
            if let next {
                return (
                    next.state == .active ? .starting : next.state,
                    next.remark ?? "goes on from checkpoint \(record.checkpoint ?? 0)", next.neverRuns
                )
            }
            if let silence { return (.queued(reason: nil), silence.summary, false) }
            let state = record.outcome == .handedOver ? .failed(.timeout) : failure(record)
            return (state, "no job goes on with it: `submit --resume` does, from its last checkpoint", true)
        }

        private func failure(_ record: StatusRecord) -> JobState {
            if let signal = record.signal { return .failed(.signal(signal)) }
            if let exit = record.exit { return .failed(.exit(exit)) }
            return .failed(.timeout)
        }
    }
}
