internal import Foundation

/// Jobs as processes on this host, with the manners of a batch queue: walltime, signals, arrays, dependencies, and a job that goes on when
/// whoever submitted it has logged out.
///
/// Each job is kept by a process of its own, which is the pipeline's program with another verb; nothing has to be started first. A job is known
/// by a file in the folder of its run.
public struct LocalScheduler: Scheduler {
    /// This host.
    public let name = SchedulerName.local
    /// How long a job has behind TERM before KILL.
    static let killWait = Duration.seconds(10)

    /// The jobs of this host.
    public init() {}

    /// Nothing but what the script's reader wants to know.
    public func directives(for spec: JobSpec) -> [String] {
        [
            "# \(spec.nodeCount) \(spec.nodeCount == 1 ? "process" : "processes") on this host for at most \(spec.attributes.duration)"
        ]
    }

    /// Nothing.
    public var preamble: [String] { [] }

    /// There is no command: the program begins the job itself.
    public func submission(of script: String, task: Int?, after dependencies: [JobDependency]) -> [String] {
        ["bash", script]
    }

    /// Nothing is known before.
    public func estimate(for script: String) async throws(BatchError) -> String? { nil }

    /// Begins a process that keeps the job.
    public func submit(
        _ script: String, of spec: JobSpec, task: Int?, after dependencies: [JobDependency]
    ) async throws(BatchError) -> String {
        let folder = URL(fileURLWithPath: script).deletingLastPathComponent().path
        let id = "local-" + String(UInt32.random(in: 0 ... .max), radix: 36)
        let job = LocalJob(
            id: id, script: script, output: spec.stdoutPath, walltime: spec.attributes.duration.seconds,
            signalSeconds: spec.attributes.signalSeconds, dependencies: dependencies,
            tasks: task.map { [$0] } ?? spec.attributes.array.map { Array(0..<$0.count) },
            width: spec.attributes.array?.throttle
                ?? max(1, ProcessInfo.processInfo.activeProcessorCount / spec.resources.coresPerNode),
            submitted: Date())
        do {
            try FileManager.default.createDirectory(atPath: "\(folder)/local", withIntermediateDirectories: true)
        } catch {
            throw BatchError(.folder, "\(folder)/local cannot be made: \(error.localizedDescription)")
        }
        try job.write(in: folder)
        // The shell is gone at once, so that the process belongs to nobody who could end it by logging out.
        let detach = "setsid \"$@\" > /dev/null 2>> \"$0\" < /dev/null &"
        let words = ["/bin/sh", "-c", detach, "\(folder)/log/keeper.err", spec.executable, "keep-job", folder, id]
        let answer = try await SystemCommand(words).run()
        guard answer.status == 0 else {
            unlink(LocalJob.path(id, in: folder))
            throw BatchError(
                .refused, "the job cannot be started: \(answer.complaint)", hint: "`setsid` is part of util-linux")
        }
        return task.map { self.task($0, of: id) } ?? id
    }

    /// By the files in the folders of the runs.
    public func jobs(_ references: [JobReference]) async throws(BatchError) -> [JobReference: QueuedJob] {
        var found: [JobReference: QueuedJob] = [:]
        for reference in references {
            let (id, task) = Self.parts(reference.id)
            let folder = Self.home(of: reference)
            guard let job = try LocalJob.read(id, in: folder) else { continue }
            var state = job.state(of: task)
            if !state.isFinal, !LocalJob.isKept(id, in: folder) {
                // Whoever kept it may have written its last word just now; whoever is to keep it may not have begun.
                let job = try LocalJob.read(id, in: folder) ?? job
                state = job.state(of: task)
                if !state.isFinal, !job.isNew { state = .failed(.lost) }
            }
            let started = job.states[task ?? 0]?.started
            found[reference] = QueuedJob(
                state: state, nodes: "localhost", end: started?.addingTimeInterval(Double(job.walltime)))
        }
        return found
    }

    /// To the program that took the place of the script's shell.
    public func send(_ signal: JobSignal, to job: JobReference) async throws(BatchError) {
        try deliver(signal == .look ? SIGUSR1 : SIGTERM, to: job, group: false)
    }

    /// TERM to all of its processes, and KILL behind that; a job that waits is not begun.
    public func cancel(_ jobs: [JobReference]) async throws(BatchError) {
        for job in jobs { try AtomicFile.write(Data(), to: "\(Self.home(of: job))/local/\(job.id).cancel") }
    }

    private func deliver(_ number: Int32, to reference: JobReference, group: Bool) throws(BatchError) {
        let (id, task) = Self.parts(reference.id)
        let folder = Self.home(of: reference)
        guard LocalJob.isKept(id, in: folder), let job = try LocalJob.read(id, in: folder) else { return }
        for (index, state) in job.states where task == nil || index == task {
            if !state.state.isFinal, let process = state.process { kill(group ? -process : process, number) }
        }
    }

    /// `local-x_3` as the job and the index of the task.
    static func parts(_ id: String) -> (id: String, task: Int?) {
        let parts = id.split(separator: "_", maxSplits: 1)
        return (String(parts[0]), parts.count > 1 ? Int(parts[1]) : nil)
    }

    /// The folder with the script: that of the run, also where a task of it is meant.
    static func home(of reference: JobReference) -> String {
        let url = URL(fileURLWithPath: reference.folder)
        let parent = url.deletingLastPathComponent()
        return parent.lastPathComponent == "tasks" ? parent.deletingLastPathComponent().path : url.path
    }
}
