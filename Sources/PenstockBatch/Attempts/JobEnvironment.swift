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
    }
}
