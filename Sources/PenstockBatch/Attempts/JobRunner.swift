internal import Foundation
internal import PenstockEvents

/// A job of a run, on the node that it begins on: looks at what earlier jobs have left, runs the pipeline, and says in the run's folder how it
/// went. The batch script calls it and knows nothing itself.
public struct JobRunner: Sendable {
    private let home: RunFolder
    private let folder: RunFolder
    private let manifest: RunManifest
    private let environment: JobEnvironment
    private let scheduler: any Scheduler
    private let wishes: JobWishes
    private let say: @Sendable (String) -> Void

    /// The job that this process is part of.
    /// - Parameters:
    ///   - path: The folder of its run.
    ///   - wishes: What signals ask for.
    ///   - say: Takes lines for whoever reads the job's output.
    /// - Throws: `BatchError` outside of a job, or where there is no run in the folder.
    public init(
        _ path: String, wishes: JobWishes, say: @escaping @Sendable (String) -> Void
    ) throws(BatchError) {
        home = RunFolder(path)
        manifest = try home.manifest()
        environment = try JobEnvironment(manifest.scheduler, ProcessInfo.processInfo.environment)
        if let sweep = manifest.sweep {
            guard let index = environment.index, sweep.tasks.indices.contains(index) else {
                throw BatchError(
                    .wrongState, "job \(environment.id) is no task of the sweep \(manifest.run)",
                    hint: "the script is for an array, as `submit --sweep` queues it")
            }
            folder = try home.makeTask(index, for: sweep.folders)
        } else {
            folder = home
        }
        scheduler = Schedulers.scheduler(manifest.scheduler)
        self.wishes = wishes
        self.say = say
    }

    /// Does what there is to do.
    /// - Returns: The exit status of the batch script: 0 also where another job goes on.
    /// - Throws: `BatchError`.
    public func run() async throws(BatchError) -> Int {
        let queue = JobQueue(
            manifest, home, folder, scheduler, task: manifest.sweep == nil ? nil : environment.index)
        try await queue.note(environment.id)
        let attempts = try folder.attempts()
        if folder.isCanceled || home.isCanceled {
            say("the run was canceled")
            await queue.cancelOthers(than: environment.id)
            await gatherIfLast()
            return 0
        }
        let policy = ChainPolicy(rule: manifest.chain)
        switch policy.decide(attempts, isAlive: await isAlive(attempts.last)) {
        case .over:
            say("the run is over: there is nothing to do")
            await queue.cancelOthers(than: environment.id)
            await gatherIfLast()
            return 0
        case .busy(let job):
            say("job \(job) is at work on the run: this one is not needed")
            return 0
        case .giveUp(let reason):
            say("the run is given up: \(reason)")
            if var last = attempts.last {
                (last.outcome, last.reason, last.ended) = (.failed, reason, last.ended ?? Date())
                try folder.end(last)
            }
            await queue.cancelOthers(than: environment.id)
            await gatherIfLast()
            return 1
        case .begin(let attempt, let stalls):
            var attempt = Attempt(
                manifest, home: home, folder: folder, environment: environment, number: attempt, stalls: stalls,
                wishes: wishes, say: say)
            let status = try await run(&attempt, queue)
            await gatherIfLast()
            return status
        }
    }

    private func run(_ attempt: inout Attempt, _ queue: JobQueue) async throws(BatchError) -> Int {
        guard try folder.begin(attempt.record) else {
            say("another job has begun attempt \(attempt.record.attempt): this one is not needed")
            return 0
        }
        if let problem = try await afterProblem(queue) { return try await attempt.refuse(problem, queue) }
        do {
            attempt.record.successor = try await queue.queueSuccessors(
                of: environment.id, atMost: manifest.chain.lastAttempt - attempt.record.attempt)
        } catch {
            // It may be that jobs cannot queue jobs here. What there is to do in this one can be done.
            say("warning: this job cannot queue the next one: \(error.summary)")
        }
        try folder.write(attempt.record)
        let end = try await attempt.run { await endTime() }
        let record = attempt.record
        if record.outcome == .completed || record.outcome == .canceled
            || (record.outcome == .failed && !ChainPolicy.mayPass(record))
        {
            await queue.cancelOthers(than: environment.id)
        }
        return end
    }

    /// Where this was the last task of a sweep behind which nothing comes, puts together what all of them have left.
    private func gatherIfLast() async {
        guard let sweep = manifest.sweep, let index = environment.index else { return }
        do {
            guard try isOver(), try home.markEnd(of: index, of: sweep.tasks.count) else { return }
            let gathering = try await home.gather()
            say("all \(gathering.tasks) tasks are over, \(gathering.completed) of them completed: \(gathering.table)")
            if let sheet = gathering.sheet { say("their pictures: \(sheet)") }
        } catch {
            say("warning: what the tasks have left is not put together: \(error.summary)")
            say("`penstock runs gather \(home.path)` tries again")
        }
    }

    /// Whether no other job goes on with the work of this one.
    private func isOver() throws(BatchError) -> Bool {
        if folder.isCanceled || home.isCanceled { return true }
        let attempts = try folder.attempts()
        // Another job of the task is at work.
        if attempts.last?.outcome == .running { return false }
        switch ChainPolicy(rule: manifest.chain).decide(attempts, isAlive: false) {
        case .over, .giveUp: return true
        case .begin: return attempts.last?.successor == nil && !manifest.spec.attributes.requeue
        case .busy: return false
        }
    }

    /// Why the run cannot begin, where it waits for another one; nil where it can.
    private func afterProblem(_ queue: JobQueue) async throws(BatchError) -> String? {
        guard let after = manifest.after else { return nil }
        let other = RunFolder(after)
        let status = try await RunStatus.of([other]).first
        guard let status, status.state != .completed else { return nil }
        return "the run \(other.name), which had to be completed first, is \(status.state)"
    }

    /// Whether the job of the newest attempt is at work.
    private func isAlive(_ last: StatusRecord?) async -> Bool {
        // An attempt of this very job was ended when the scheduler began the job again.
        guard let last, last.outcome == .running, last.jobID != environment.id else { return false }
        let reference = JobReference(last.jobID, in: folder.path)
        do {
            let job = try await scheduler.jobs([reference])[reference]
            return job.map { !$0.state.isFinal } ?? false
        } catch {
            // The scheduler does not answer: a job that is alive writes.
            let before = try? folder.status()?.beat
            try? await Task.sleep(for: Attempt.beatInterval * 10)
            return (try? folder.status()?.beat) != before
        }
    }

    /// When the scheduler will end this job.
    private func endTime() async -> Date? {
        let reference = JobReference(environment.id, in: folder.path)
        return try? await scheduler.jobs([reference])[reference]?.end
    }
}
