/// How a command runs once on each node of a job, those for the log among them.
struct EachNode: Sendable, Hashable {
    /// The function of the batch script that does so.
    static let name = "on_each_node"

    let scheduler: SchedulerName
    /// What takes the command to nodes; never `automatic`.
    private let launcher: Launcher
    private let count: Int
    private let isHeterogeneous: Bool

    init(_ spec: JobSpec, _ scheduler: SchedulerName) {
        self.scheduler = scheduler
        count = spec.nodeCount
        isHeterogeneous = scheduler == .slurm && spec.logResources != nil
        launcher = count == 1 ? .fork : spec.launcher == .automatic ? scheduler.launcher : spec.launcher
    }

    /// Whether the node that the script runs on is all there is.
    var isThisOne: Bool { launcher == .fork }

    /// The job's name, in words of the shell.
    var jobID: String {
        switch scheduler {
        case .local: "$PENSTOCK_JOB_ID"
        case .slurm: "$SLURM_JOB_ID"
        case .pbspro, .torque: "$PBS_JOBID"
        }
    }

    /// Words before the command.
    private var prefix: [String] {
        switch launcher {
        case .automatic, .fork, .ssh: []
        case .srun:
            (isHeterogeneous ? ["srun", "--het-group=0,1"] : ["srun", "--nodes=\(count)", "--ntasks=\(count)"])
                + ["--ntasks-per-node=1", "--kill-on-bad-exit=0", "--wait=0"]
        case .pbsdsh: ["pbsdsh", "--"]
        case .mpiexec: ["mpiexec", "-n", "\(count)", "-ppn", "1"]
        }
    }

    /// The lines of bash that define the function; none where it is not needed.
    var function: [String] {
        switch launcher {
        case .automatic, .fork: []
        case .srun, .pbsdsh, .mpiexec: ["\(Self.name)() { \(Shell.command(prefix)) \"$@\"; }"]
        case .ssh:
            [
                "\(Self.name)() {", "    local node", "    for node in $(sort -u \"$PBS_NODEFILE\"); do",
                "        ssh -n -o BatchMode=yes \"$node\" \"$(printf '%q ' \"$@\")\" || return", "    done", "}",
            ]
        }
    }

    /// The commands that run these words everywhere.
    /// - Parameter hosts: The hosts of the job; needed for `ssh`.
    func commands(_ words: [String], hosts: [String]) -> [[String]] {
        guard launcher == .ssh else { return [prefix + words] }
        return hosts.map { ["ssh", "-n", "-o", "BatchMode=yes", $0, Shell.command(words)] }
    }
}

extension SchedulerName {
    /// What takes programs to the nodes of a job where nobody says otherwise.
    var launcher: Launcher {
        switch self {
        case .local: .fork
        case .slurm: .srun
        case .pbspro, .torque: .pbsdsh
        }
    }
}
