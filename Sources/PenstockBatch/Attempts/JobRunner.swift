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
        do throws(BatchError) {
            let status = try await work()
            await environment.removeStagedProgram(of: manifest.spec, manifest.scheduler)
            return status
        } catch {
            await environment.removeStagedProgram(of: manifest.spec, manifest.scheduler)
            throw error
        }
    }

    private func work() async throws(BatchError) -> Int {
        let queue = JobQueue(
            manifest, home, folder, scheduler, task: manifest.sweep == nil ? nil : environment.index)
        try await queue.note(environment.id)
        let attempts = try attempts()
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
            let status: Int
            switch await readiness(attempts, queue) {
            case .waits(let text):
                say(text)
                return 0
            case .refused(let problem): status = try await run(&attempt, behind: attempts.last, queue, problem)
            case .ready: status = try await run(&attempt, behind: attempts.last, queue, nil)
            }
            await gatherIfLast()
            return status
        }
    }

    /// The attempts; that which has ended without a word is as it was when it last said something.
    private func attempts() throws(BatchError) -> [StatusRecord] {
        var attempts = try folder.attempts()
        if let last = attempts.last, last.outcome == .running, let status = try folder.status(),
            status.attempt == last.attempt
        {
            attempts[attempts.count - 1] = status
        }
        return attempts
    }

    private func run(
        _ attempt: inout Attempt, behind last: StatusRecord?, _ queue: JobQueue, _ problem: String?
    ) async throws(BatchError) -> Int {
        guard try folder.begin(attempt.record) else {
            say("another job has begun attempt \(attempt.record.attempt): this one is not needed")
            return 0
        }
        // Its last word gives way to that of this attempt.
        if let last, last.outcome == .running { try folder.keep(last) }
        if let problem { return try await attempt.refuse(problem, queue) }
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

    // MARK: What has to be there

    /// Whether an attempt can begin.
    private enum Readiness {
        case ready
        /// Not yet: another job waits for that, and this is what there is to say.
        case waits(String)
        case refused(String)
    }

    /// How often, and how far apart, is asked for a run whose scheduler does not say which of its jobs go on with it.
    private static let askings = (count: 20, pause: Duration.seconds(15))

    private func readiness(_ attempts: [StatusRecord], _ queue: JobQueue) async -> Readiness {
        if let problem = logProblem(attempts) { return .refused(problem) }
        // A run that has begun does not need the other one any more.
        guard let after = manifest.after, !attempts.contains(where: { $0.phase != .starting }) else { return .ready }
        let other = Predecessor(after)
        for _ in 0..<Self.askings.count {
            switch await other.standing() {
            case .completed: return .ready
            case .over(let problem): return .refused(problem)
            case .goesOn(let jobs) where !jobs.isEmpty: return await waits(for: other, jobs, queue)
            case .goesOn:
                guard !wishes.isDraining else { return .refused("it was told to end before it could begin") }
                try? await Task.sleep(for: Self.askings.pause)
            }
        }
        return .refused("nobody says which job goes on with the run \(other.name), which has to be completed first")
    }

    /// The other run has got jobs that it did not have when this one was queued.
    private func waits(for other: Predecessor, _ jobs: [JobDependency], _ queue: JobQueue) async -> Readiness {
        guard manifest.sweep == nil else {
            return .refused("the run \(other.name), which has to be completed first, still goes on")
        }
        do throws(BatchError) {
            let id = try await queue.submit(after: jobs)
            await queue.cancelOthers(than: environment.id, id)
            return .waits("the run \(other.name) still goes on: job \(id) waits for it, in place of this one")
        } catch {
            return .refused(
                "the run \(other.name) still goes on, and this job cannot queue one that waits for it: \(error.summary)"
            )
        }
    }

    /// Why the run cannot go on with its log; nil where nothing is known against it.
    private func logProblem(_ attempts: [StatusRecord]) -> String? {
        // Each task that records has a log of its own, in its folder.
        guard manifest.sweep == nil || manifest.command.last == "replay" else { return nil }
        guard attempts.contains(where: { ($0.checkpoint ?? $0.restored) != nil }), !manifest.log.contains("://"),
            !FileManager.default.fileExists(atPath: manifest.log)
        else { return nil }
        return "the log \(manifest.log) is gone, and the run's checkpoints with it: bring it back and `submit --resume`"
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
