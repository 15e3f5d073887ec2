internal import Foundation

/// What a job knows of itself from its environment.
struct JobEnvironment: Sendable, Hashable {
    /// The scheduler's name of the job, that of the task for one of an array.
    let id: String
    /// The index of a task; nil for a job without an array.
    let index: Int?
    /// How often the scheduler has begun this job again.
    let restarts: Int
    /// The node, as the scheduler calls it.
    let node: String
    /// The copy of a program that the batch script says it has put on each node.
    private let staged: String?

    /// Reads the variables of a scheduler.
    /// - Throws: `BatchError.wrongState` outside of a job.
    init(_ scheduler: SchedulerName, _ variables: [String: String]) throws(BatchError) {
        let host = ProcessInfo.processInfo.hostName
        func integer(_ name: String) -> Int? { variables[name].flatMap(Int.init) }
        let id: String?
        switch scheduler {
        case .local:
            id = variables["PENSTOCK_JOB_ID"]
            index = integer("PENSTOCK_JOB_INDEX")
            restarts = 0
            node = host
        case .slurm:
            index = integer("SLURM_ARRAY_TASK_ID")
            let job = variables["SLURM_ARRAY_JOB_ID"] ?? variables["SLURM_JOB_ID"]
            id = if let job, let index { "\(job)_\(index)" } else { job }
            restarts = integer("SLURM_RESTART_COUNT") ?? 0
            node = variables["SLURMD_NODENAME"] ?? host
        case .pbspro, .torque:
            id = variables["PBS_JOBID"]
            index = integer("PBS_ARRAY_INDEX") ?? integer("PBS_ARRAYID")
            restarts = 0
            node = host
        }
        guard let id else {
            throw BatchError(
                .wrongState, "this is not a job of \(scheduler.rawValue)",
                hint: "the batch script calls this verb; `submit` makes it")
        }
        self.id = id
        staged = variables[BatchScript.stagedProgram]
    }

    /// The program that processes of this job are started from.
    func program(of manifest: RunManifest) -> String { stagedProgram(of: manifest.spec) ?? manifest.program.path }

    /// Removes what the batch script has copied to each node. A copy that a killed job leaves is the site's to remove.
    func removeStagedProgram(of spec: JobSpec, _ scheduler: SchedulerName) async {
        guard let path = stagedProgram(of: spec) else { return }
        let hosts = NodeLaunch.hosts(ProcessInfo.processInfo.environment)
        for words in EachNode(spec, scheduler).commands(["/bin/rm", "-f", path], hosts: hosts) {
            _ = try? await SystemCommand(words).run()
        }
    }

    /// The copy of the program on each node; nil where the job is to have none, whatever variables it was given.
    private func stagedProgram(of spec: JobSpec) -> String? {
        guard let stage = spec.stage, let staged, staged.hasPrefix("\(stage)/\(spec.name)-") else { return nil }
        return staged
    }
}
