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
    /// Its jobs that wait or are at work, as far as the scheduler says so.
    public let openJobs: [JobReference]

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
        var states = views.map { view in view.status(known, silent[view.manifest.scheduler]) }
        for (index, view) in views.enumerated() where states[index].state.isFinal && !view.openJobs.isEmpty {
            // Between the look at its folder and that at the queue the last job may have come to its end, or have queued another.
            if try !View(view.folder).isSame(as: view) { states[index] = try await of([view.folder])[0] }
        }
        return states
    }

    /// What is in the folder of a run.
    private struct View {
        let folder: RunFolder
        let manifest: RunManifest
        let parts: [RunPart]
        /// The newest job that was queued for all tasks of a sweep.
        let array: JobRecord?

        init(_ folder: RunFolder) throws(BatchError) {
            self.folder = folder
            manifest = try folder.manifest()
            guard let sweep = manifest.sweep else {
                parts = [try RunPart(folder, manifest)]
                array = nil
                return
            }
            let arrays = try folder.jobs()
            let isCanceled = folder.isCanceled
            var parts: [RunPart] = []
            for task in sweep.tasks.indices {
                parts.append(
                    try RunPart(
                        folder.task(task), manifest, task: task, of: folder, arrays: arrays, isCanceled: isCanceled))
            }
            self.parts = parts
            array = arrays.last
        }

        var openJobs: [JobReference] { parts.flatMap(\.openJobs) }

        /// Whether its jobs have said nothing more since.
        func isSame(as other: View) -> Bool {
            parts.map(\.record) == other.parts.map(\.record) && parts.map(\.jobs) == other.parts.map(\.jobs)
        }

        func status(_ known: [JobReference: QueuedJob], _ silence: BatchError?) -> RunStatus {
            let views = parts.map { $0.finding(known, silence) }
            let open = openJobs.filter { !(known[$0]?.state.isFinal ?? true) }
            guard manifest.sweep != nil else {
                return RunStatus(
                    folder: folder, manifest: manifest, state: views[0].state, remark: views[0].remark,
                    needsHelp: views[0].needsHelp, record: parts[0].record, job: parts[0].jobs.last, tasks: [],
                    openJobs: open)
            }
            let states = views.map(\.state)
            let unfinished = states.filter { !$0.isFinal }
            let state =
                unfinished.first { $0 == .active || $0 == .draining } ?? unfinished.first ?? states.first {
                    $0 != .completed
                }
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
                job: array, tasks: states, openJobs: open)
        }
    }
}
