internal import Foundation

/// How a job starts a program on its nodes.
struct NodeLaunch: Sendable {
    /// What takes programs to nodes; never `automatic`.
    let launcher: Launcher
    /// The first of the nodes that the program is started on, and how many there are.
    let nodes: Range<Int>
    /// Cores of each process.
    let cores: Int
    /// The group of a heterogeneous job of Slurm; nil for a job that is none.
    let group: Int?

    /// - Parameters:
    ///   - wanted: As the job's description has it.
    ///   - scheduler: Whose job this is.
    init(_ wanted: Launcher, _ scheduler: SchedulerName, nodes: Range<Int>, cores: Int, group: Int? = nil) {
        let own = scheduler.launcher
        // A single node that the job begins on needs nobody to take the program there.
        launcher = nodes == 0..<1 && group == nil && wanted == .automatic ? .fork : wanted == .automatic ? own : wanted
        self.nodes = nodes
        self.cores = cores
        self.group = group
    }

    /// The commands to run, each for as long as the job's program runs: one that starts it everywhere, or one for each node.
    /// - Parameters:
    ///   - program: The program and its arguments.
    ///   - environment: Variables that it is to see, which not every launcher passes on.
    ///   - hosts: The hosts of the job, in order; needed for `ssh`.
    func commands(_ program: [String], _ environment: [String: String], hosts: [String]) -> [[String]] {
        let variables = environment.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }
        let words = (variables.isEmpty ? [] : ["/usr/bin/env"] + variables) + program
        let count = "\(nodes.count)"
        switch launcher {
        case .automatic, .fork: return nodes.map { _ in words }
        case .srun:
            var srun = [
                "srun", "--nodes=\(count)", "--ntasks=\(count)", "--ntasks-per-node=1", "--cpus-per-task=\(cores)",
            ]
            // One member that fails leaves its work to the others.
            srun += ["--kill-on-bad-exit=0", "--wait=0"]
            if let group { srun.append("--het-group=\(group)") }
            return [srun + words]
        case .pbsdsh: return [["pbsdsh", "--"] + words]
        case .mpiexec: return [["mpiexec", "-n", count, "-ppn", "1"] + words]
        case .ssh:
            return hosts[nodes].map {
                [
                    "ssh", "-o", "BatchMode=yes", $0,
                    Shell.command(["cd", FileManager.default.currentDirectoryPath]) + " && exec "
                        + Shell.command(words),
                ]
            }
        }
    }

    /// The signal by which a launcher's processes are asked to end: `srun` would take TERM for itself, and passes this one on.
    var drainSignal: Int32 { launcher == .srun || launcher == .mpiexec ? SIGUSR1 : SIGTERM }

    /// The hosts of this job by the scheduler's word, each once; this host alone where it says nothing.
    static func hosts(_ variables: [String: String]) -> [String] {
        if let path = variables["PBS_NODEFILE"], let text = try? String(contentsOfFile: path, encoding: .utf8) {
            var hosts: [String] = []
            for line in text.split(separator: "\n").map(String.init) where !hosts.contains(line) { hosts.append(line) }
            if !hosts.isEmpty { return hosts }
        }
        return [ProcessInfo.processInfo.hostName]
    }
}
