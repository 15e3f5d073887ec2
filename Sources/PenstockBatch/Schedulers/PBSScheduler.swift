internal import Foundation

/// OpenPBS, PBS Professional and Torque by their own commands.
///
/// The directives are checked against OpenPBS 23.06 and the manual of Torque 6. OpenPBS begins a job in the home folder, has no signal before
/// the walltime, and forgets jobs that are over, for which `qstat` ends with status 35.
public struct PBSScheduler: Scheduler {
    /// The dialects.
    public enum Dialect: Sendable, Hashable { case pbspro, torque }

    private let dialect: Dialect

    /// A scheduler of this dialect.
    public init(_ dialect: Dialect) { self.dialect = dialect }

    /// Which one.
    public var name: SchedulerName { dialect == .pbspro ? .pbspro : .torque }

    // MARK: Script

    /// `#PBS` lines.
    public func directives(for spec: JobSpec) -> [String] {
        let attributes = spec.attributes
        let groups = [spec.logResources, spec.resources].compactMap { $0 }
        var lines = ["-N \(name(spec))", "-l \(nodes(groups))", "-l walltime=\(attributes.duration.clock)"]
        if dialect == .torque, let memory = spec.resources.memory { lines.append("-l mem=\(memory.mebibytes)mb") }
        if dialect == .pbspro, spec.resources.exclusiveNodeUse { lines.append("-l place=scatter:excl") }
        if dialect == .torque, spec.resources.exclusiveNodeUse { lines.append("-W x=NACCESSPOLICY:SINGLEJOB") }
        if let queue = attributes.queueName { lines.append("-q \(queue)") }
        if let account = attributes.account { lines.append("-A \(account)") }
        if let reservation = attributes.reservationID {
            lines.append(dialect == .pbspro ? "-q \(reservation)" : "-l advres=\(reservation)")
        }
        if let array = attributes.array { lines.append((dialect == .pbspro ? "-J " : "-t ") + array.range) }
        lines += ["-j oe", "-o \(spec.stdoutPath)", attributes.requeue ? "-r y" : "-r n"]
        if spec.inheritEnvironment { lines.append("-V") }
        lines += attributes.directives(for: "pbs").map { $1.isEmpty ? "-\($0)" : "-\($0) \($1)" }
        return lines.map { "#PBS \($0)" }
    }

    /// Torque has 15 characters for a name: those at its end tell runs apart.
    private func name(_ spec: JobSpec) -> String {
        guard dialect == .torque, spec.name.count > 15 else { return spec.name }
        return String(spec.name.prefix(8) + spec.name.suffix(7))
    }

    /// `select=…` of OpenPBS, `nodes=…` of Torque.
    private func nodes(_ groups: [ResourceSpec]) -> String {
        let chunks = groups.map { group in
            var chunk = "\(group.nodeCount)"
            switch dialect {
            case .pbspro:
                chunk += ":ncpus=\(group.coresPerNode):mpiprocs=\(group.processesPerNode)"
                if group.cpuCoresPerProcess > 1 { chunk += ":ompthreads=\(group.cpuCoresPerProcess)" }
                if let memory = group.memoryPerNode { chunk += ":mem=\(memory.mebibytes)mb" }
                if group.gpuCoresPerProcess > 0 {
                    chunk += ":ngpus=\(group.gpuCoresPerProcess * group.processesPerNode)"
                }
            case .torque:
                chunk += ":ppn=\(group.coresPerNode)"
                if group.gpuCoresPerProcess > 0 {
                    chunk += ":gpus=\(group.gpuCoresPerProcess * group.processesPerNode)"
                }
            }
            return chunk
        }
        return (dialect == .pbspro ? "select=" : "nodes=") + chunks.joined(separator: "+")
    }

    /// Nothing.
    public var preamble: [String] { [] }

    // MARK: Submitting

    /// `75[3].server` of the array `75[].server`.
    public func task(_ index: Int, of array: String) -> String { array.replacing("[]", with: "[\(index)]") }

    /// `qsub`.
    public func submission(of script: String, task: Int?, after dependencies: [JobDependency]) -> [String] {
        let kinds = dependencies.map { "\($0.kind.rawValue):\($0.job)" }
        return ["qsub"] + (kinds.isEmpty ? [] : ["-W", "depend=" + kinds.joined(separator: ",")]) + [script]
    }

    /// Queues a script.
    /// - Throws: `BatchError.wrongJob` for a single task: OpenPBS takes no array of one.
    public func submit(
        _ script: String, of spec: JobSpec, task: Int?, after dependencies: [JobDependency]
    ) async throws(BatchError) -> String {
        guard task == nil else {
            throw BatchError(
                .wrongJob, "PBS cannot queue a single task of an array",
                hint: "give the sweep a --walltime that its tasks need, without --chain")
        }
        let answer = try await SystemCommand(submission(of: script, after: dependencies)).run()
        let id = answer.output.split(separator: "\n").last.map(String.init) ?? ""
        guard answer.status == 0, !id.isEmpty else {
            throw BatchError(
                .refused, "qsub has refused the job: \(answer.complaint)",
                hint: answer.status == 170 ? "`qstat -Q` lists the queues: choose one with --queue" : nil)
        }
        return id
    }

    /// PBS says nothing before a job is queued.
    public func estimate(for script: String) async throws(BatchError) -> String? { nil }

    // MARK: Asking

    /// One `qstat` for all of them.
    public func jobs(_ references: [JobReference]) async throws(BatchError) -> [JobReference: QueuedJob] {
        guard !references.isEmpty else { return [:] }
        let words = dialect == .pbspro ? ["qstat", "-x", "-f", "-F", "json"] : ["qstat", "-f"]
        // A status other than 0 says that one of the jobs is over or forgotten; what is known of the others is printed all the same.
        let answer = try await SystemCommand(words + references.map(\.id)).run { answer in
            ![0, 35, 153].contains(answer.status) && answer.output.isEmpty
        }
        let found = dialect == .pbspro ? PBSJobs(json: answer.output) : PBSJobs(text: answer.output)
        guard answer.status == 0 || [35, 153].contains(answer.status) || !found.jobs.isEmpty else {
            throw BatchError(
                .noAnswer, "qstat has failed three times: \(answer.complaint)",
                hint: "the server may be busy or restarting: try again later")
        }
        var jobs: [JobReference: QueuedJob] = [:]
        for reference in references {
            if let job = found.jobs[reference.id] { jobs[reference] = job }
        }
        return jobs
    }

    /// `qsig`.
    public func send(_ signal: JobSignal, to job: JobReference) async throws(BatchError) {
        try await end(["qsig", "-s", signal.rawValue, job.id])
    }

    /// `qdel`.
    public func cancel(_ jobs: [JobReference]) async throws(BatchError) {
        for job in jobs { try await end(["qdel", job.id]) }
    }

    private func end(_ words: [String]) async throws(BatchError) {
        // 35: it is over; 153: it is forgotten.
        let answer = try await SystemCommand(words).run { ![0, 35, 153].contains($0.status) }
        guard [0, 35, 153].contains(answer.status) else {
            throw BatchError(.noAnswer, "\(words[0]) has failed: \(answer.complaint)", hint: "try again later")
        }
    }
}
