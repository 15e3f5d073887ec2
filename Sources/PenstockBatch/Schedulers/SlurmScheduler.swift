internal import Foundation

/// Slurm by its own commands. Checked on 22.05.
public struct SlurmScheduler: Scheduler {
    /// Slurm.
    public let name = SchedulerName.slurm

    /// The Slurm that the environment and `PATH` name.
    public init() {}

    // MARK: Script

    /// `#SBATCH` lines. Heterogeneous where the log has nodes of its own: these come first, as the job begins on them.
    public func directives(for spec: JobSpec) -> [String] {
        let attributes = spec.attributes
        var common: [(String, String?)] = [
            ("job-name", spec.name), ("time", attributes.duration.clock), ("output", spec.stdoutPath),
            ("open-mode", "append"), (attributes.requeue ? "requeue" : "no-requeue", nil),
        ]
        if let seconds = attributes.signalSeconds { common.append(("signal", "B:USR1@\(seconds)")) }
        if let array = attributes.array { common.append(("array", array.range)) }
        common.append(("export", spec.inheritEnvironment ? "ALL" : "HOME,USER,LOGNAME,SHELL,LANG,PATH"))
        let groups = [spec.logResources, spec.resources].compactMap { $0 }
        let nodes = groups.map { group in
            self.nodes(group, attributes) + (attributes.directives(for: "slurm").map { ($0, $1.isEmpty ? nil : $1) })
        }
        return
            ((common + nodes[0]).map(Self.line) + (nodes.count > 1 ? ["#SBATCH hetjob"] + nodes[1].map(Self.line) : []))
    }

    private func nodes(_ resources: ResourceSpec, _ attributes: JobAttributes) -> [(String, String?)] {
        var options: [(String, String?)] = [
            ("nodes", "\(resources.nodeCount)"), ("ntasks-per-node", "\(resources.processesPerNode)"),
            ("cpus-per-task", "\(resources.cpuCoresPerProcess)"),
        ]
        if let memory = resources.memoryPerNode { options.append(("mem", "\(memory.mebibytes)M")) }
        if resources.gpuCoresPerProcess > 0 { options.append(("gpus-per-task", "\(resources.gpuCoresPerProcess)")) }
        if resources.exclusiveNodeUse { options.append(("exclusive", nil)) }
        for (name, value) in [
            ("partition", attributes.queueName), ("account", attributes.account),
            ("reservation", attributes.reservationID), ("constraint", attributes.constraint),
        ] {
            if let value { options.append((name, value)) }
        }
        return options
    }

    private static func line(_ option: (name: String, value: String?)) -> String {
        // The reader of these lines knows quotes as a shell does.
        "#SBATCH --\(option.name)" + (option.value.map { "=\(Shell.quoted($0))" } ?? "")
    }

    /// What `sbatch --export` says is passed on to `srun`, which is to see the script's own variables, too.
    public var preamble: [String] { ["export SLURM_EXPORT_ENV=ALL"] }

    // MARK: Submitting

    /// `sbatch --parsable`; an array on the command line takes the place of that in the script.
    public func submission(of script: String, task: Int?, after dependencies: [JobDependency]) -> [String] {
        var words = ["sbatch", "--parsable"]
        if let task { words.append("--array=\(task)") }
        if !dependencies.isEmpty {
            words.append("--dependency=" + dependencies.map { "\($0.kind.rawValue):\($0.job)" }.joined(separator: ","))
            // Without it a job whose dependency cannot come true waits for ever.
            words.append("--kill-on-invalid-dep=yes")
        }
        return words + [script]
    }

    /// Queues a script.
    public func submit(
        _ script: String, of spec: JobSpec, task: Int?, after dependencies: [JobDependency]
    ) async throws(BatchError) -> String {
        let words = submission(of: script, task: task, after: dependencies)
        let answer = try await Self.slurm(words)
        // Behind a semicolon comes the name of the cluster.
        let id = answer.output.split(separator: "\n").last?.split(separator: ";").first ?? ""
        guard answer.status == 0, !id.isEmpty else {
            let complaint = answer.complaint.replacing("sbatch: error: ", with: "")
            throw BatchError(.refused, "sbatch has refused the job: \(complaint)", hint: Self.hint(answer.errors))
        }
        return task.map { self.task($0, of: String(id)) } ?? String(id)
    }

    /// What to do about what sbatch says; nil where nothing is known.
    static func hint(_ complaint: String) -> String? {
        let hints = [
            ("invalid partition", "`sinfo -s` lists the partitions: choose one with --queue, or leave it out"),
            (
                "node configuration is not available",
                "no node of the partition has so many cores, GPUs or so much memory: `sinfo -o '%P %c %m %G'` lists what there is"
            ),
            (
                "Invalid account",
                "`sacctmgr show associations user=$USER` lists the accounts: choose one with --account"
            ),
            ("generic resource", "`sinfo -o '%P %G'` lists the GPUs that nodes have"),
            (
                "reservation is invalid",
                "`scontrol show reservation` lists the reservations that --reservation can name"
            ),
            (
                "accounting/QOS policy",
                "the account or its quality of service allows less: `sacctmgr show qos` lists the limits"
            ),
            ("Invalid feature", "`sinfo -o '%P %f'` lists the features that --constraint can name"),
            ("time limit", "`sinfo -o '%P %l'` lists how long jobs may run: choose a shorter --walltime, with --chain"),
            (
                "Invalid job array",
                "`scontrol show config | grep MaxArraySize` says how many tasks an array may have: sweep fewer values at a time"
            ),
            ("Unable to contact slurm controller", "the controller does not answer: try again later"),
        ]
        return hints.first { complaint.localizedCaseInsensitiveContains($0.0) }?.1
    }

    /// Slurm's commands print times as seconds since 1970.
    static func slurm(_ words: [String]) async throws(BatchError) -> SystemCommand.Answer {
        try await SystemCommand(words, environment: ["SLURM_TIME_FORMAT": "%s"]).run()
    }

    /// `sbatch --test-only`; it uses up a number of a job.
    public func estimate(for script: String) async throws(BatchError) -> String? {
        // For people: the time of day.
        let answer = try await SystemCommand(
            ["sbatch", "--test-only", script], environment: ["SLURM_TIME_FORMAT": "standard"]
        ).run()
        return answer.complaint.replacing("sbatch: ", with: "")
    }

    // MARK: Asking

    /// One `squeue` for all of the user's jobs; those that are over and not forgotten yet are among them.
    public func jobs(_ references: [JobReference]) async throws(BatchError) -> [JobReference: QueuedJob] {
        let query = SystemCommand(
            ["squeue", "--me", "--noheader", "--array", "--states=all", "--format=%i|%T|%r|%e|%N|%A"],
            environment: ["SLURM_TIME_FORMAT": "%s"])
        let answer = try await query.run { _ in true }
        guard answer.status == 0 else {
            throw BatchError(
                .noAnswer, "squeue has failed three times: \(answer.complaint)",
                hint: "the controller may be busy or restarting: try again later")
        }
        let wanted = Dictionary(references.map { ($0.id, $0) }) { first, _ in first }
        var found: [JobReference: QueuedJob] = [:]
        for line in answer.output.split(separator: "\n") {
            let fields = line.split(separator: "|", omittingEmptySubsequences: false).map(String.init)
            guard fields.count == 6, let reference = wanted[fields[0]] ?? wanted[fields[5]] else { continue }
            found[reference] = SlurmState(fields[1], reason: fields[2]).job(nodes: fields[4], end: fields[3])
        }
        return found
    }

    /// To the batch script alone, which is the program by then; steps are its own.
    public func send(_ signal: JobSignal, to job: JobReference) async throws(BatchError) {
        try await end(["scancel", "--batch", "--signal=\(signal.rawValue)", job.id])
    }

    /// TERM, and KILL behind the cluster's KillWait.
    public func cancel(_ jobs: [JobReference]) async throws(BatchError) {
        for first in stride(from: 0, to: jobs.count, by: Self.mostNamed) {
            try await end(["scancel"] + jobs[first..<min(jobs.count, first + Self.mostNamed)].map(\.id))
        }
    }

    /// The most jobs that a command names.
    private static let mostNamed = 1_000

    private func end(_ words: [String]) async throws(BatchError) {
        // A job that was forgotten is over. Of a task of an array 22.05 says the same, with status 229, and sends the signal all the same.
        func isForgotten(_ answer: SystemCommand.Answer) -> Bool {
            answer.errors.contains("Invalid job id specified")
        }
        let answer = try await SystemCommand(words).run { !isForgotten($0) }
        guard answer.status == 0 || isForgotten(answer) else {
            throw BatchError(.noAnswer, "scancel has failed: \(answer.complaint)", hint: "try again later")
        }
    }
}
