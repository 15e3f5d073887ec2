internal import Foundation
internal import PenstockEvents

/// Keeps a job of the local scheduler: waits for what it depends on, begins its tasks, and ends those whose walltime is over.
public struct LocalKeeper: Sendable {
    private let folder: String
    private let id: String
    private let job: Guarded<LocalJob>

    private static let lookInterval = Duration.milliseconds(50)

    /// The keeper of a job that was written down and that nobody keeps.
    /// - Throws: `BatchError`.
    public init(_ id: String, in folder: String) throws(BatchError) {
        guard let job = try LocalJob.read(id, in: folder) else {
            throw BatchError(.noRun, "there is no job \(id) in \(folder)")
        }
        (self.id, self.folder, self.job) = (id, folder, Guarded(job))
    }

    /// Runs the job to its end.
    public func run() async throws(BatchError) {
        let lock = open(LocalJob.lockPath(id, in: folder), O_RDWR | O_CREAT | O_CLOEXEC, 0o644)
        guard lock >= 0, flock(lock, LOCK_EX | LOCK_NB) == 0 else {
            throw BatchError(.wrongState, "the job \(id) is kept by another process")
        }
        defer { close(lock) }
        let job = self.job.withLock { $0 }
        guard try await dependenciesAreMet(job) else { return try endAll(.canceled) }
        var waiting = (job.tasks ?? [0])[...]
        await withTaskGroup(of: Void.self) { group in
            var running = 0
            while let index = waiting.popFirst() {
                if running == job.width {
                    await group.next()
                    running -= 1
                }
                if isCanceled { break }
                if isCanceled(index) {
                    note(index) { ($0.state, $0.ended) = (.canceled, Date()) }
                    continue
                }
                running += 1
                group.addTask { await runTask(index) }
            }
        }
        if isCanceled { try endAll(.canceled) }
    }

    private var isCanceled: Bool { FileManager.default.fileExists(atPath: "\(folder)/local/\(id).cancel") }

    /// Whether a task is to end, alone or with all of the job.
    private func isCanceled(_ task: Int) -> Bool {
        isCanceled || FileManager.default.fileExists(atPath: "\(folder)/local/\(id)_\(task).cancel")
    }

    /// Waits for other jobs of this host; false where one has ended in another way than it had to.
    private func dependenciesAreMet(_ job: LocalJob) async throws(BatchError) -> Bool {
        for dependency in job.dependencies {
            while true {
                if isCanceled { return false }
                let other = JobReference(dependency.job, in: dependency.folder ?? folder)
                let state = try await LocalScheduler().jobs([other])[other]?.state ?? .failed(.lost)
                guard state.isFinal else {
                    try? await Task.sleep(for: Self.lookInterval)
                    continue
                }
                let isMet =
                    switch dependency.kind {
                    case .afterAny: true
                    case .afterOK: state == .completed
                    case .afterNotOK: state != .completed
                    }
                guard isMet else { return false }
                break
            }
        }
        return true
    }

    private func endAll(_ state: JobState) throws(BatchError) {
        let job = self.job.withLock { job in
            for index in job.tasks ?? [0] where !(job.states[index]?.state.isFinal ?? false) {
                job.states[index] = LocalJob.Task(state: state, ended: Date())
            }
            return job
        }
        try job.write(in: folder)
    }

    private func note(_ index: Int, _ change: (inout LocalJob.Task) -> Void) {
        job.withLock { job in
            var task = job.states[index] ?? LocalJob.Task(state: .starting)
            change(&task)
            job.states[index] = task
            // Whoever looks sees an older state; the lock tells whether this one is alive.
            try? job.write(in: folder)
        }
    }

    // MARK: A task

    /// What is known of a task while it runs.
    private struct Clock {
        let end: ContinuousClock.Instant
        var hint: ContinuousClock.Instant?
        var kill: ContinuousClock.Instant?
        var isLate = false

        init(_ job: LocalJob) {
            end = .now + .seconds(job.walltime)
            hint = job.signalSeconds.map { [end] in end - .seconds($0) }
        }
    }

    private func runTask(_ index: Int) async {
        let job = self.job.withLock { $0 }
        let name = job.tasks == nil ? id : "\(id)_\(index)"
        let program = WatchedProcess(
            words: ["bash", job.script],
            environment: ["PENSTOCK_JOB_ID": name, "PENSTOCK_JOB_INDEX": job.tasks == nil ? nil : "\(index)"],
            output: job.output.replacing("%j", with: name), leadsSession: true)
        let clock = Guarded(Clock(job))
        do {
            let end = try await program.run { process in
                note(index) { ($0.state, $0.process, $0.started) = (.active, process, Date()) }
            } look: { process in
                let isCanceled = isCanceled(index)
                clock.withLock { Self.watch(process, &$0, isCanceled: isCanceled) }
            }
            let isLate = clock.withLock { $0.isLate }
            let state: JobState = isCanceled(index) ? .canceled : isLate ? .failed(.timeout) : Self.state(end)
            note(index) { ($0.state, $0.ended) = (state, Date()) }
        } catch {
            note(index) { ($0.state, $0.ended) = (.failed(.exit(71)), Date()) }
        }
    }

    /// USR1 before the end where that is wanted, TERM at the end, KILL behind it.
    private static func watch(_ process: pid_t, _ clock: inout Clock, isCanceled: Bool) {
        let now = ContinuousClock.now
        if let time = clock.hint, now >= time {
            kill(process, SIGUSR1)
            clock.hint = nil
        }
        if let time = clock.kill {
            if now >= time { kill(-process, SIGKILL) }
        } else if now >= clock.end || isCanceled {
            clock.isLate = now >= clock.end
            kill(-process, SIGTERM)
            clock.kill = now + LocalScheduler.killWait
        }
    }

    private static func state(_ end: WatchedProcess.End) -> JobState {
        switch end {
        case .exit(0): .completed
        case .exit(let status): .failed(.exit(status))
        case .signal(let number): .failed(.signal(number))
        }
    }
}
