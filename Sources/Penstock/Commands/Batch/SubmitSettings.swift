internal import ArgumentParser
internal import PenstockBatch

/// How a run is submitted.
struct SubmitSettings: ParsableArguments {
    @Option(
        help:
            "Where the jobs are queued: local, slurm, pbspro or torque; by default what the site profile says, or what is here."
    )
    var scheduler: SchedulerName?

    @Option(help: ArgumentHelp("The site profile: its name, or a path that ends in .toml.", valueName: "site"))
    var site: String?

    @Option(help: ArgumentHelp("The name of the run, before its number; by default the pipeline's.", valueName: "name"))
    var name: String?

    @Option(help: ArgumentHelp("The folder with the runs.", valueName: "dir"))
    var runs = RunList.defaultFolder

    @Option(help: ArgumentHelp("Nodes that compute.", valueName: "n")) var nodes = 1

    @Flag(
        help: ArgumentHelp(
            "Share the work by the partitions of the topics, so that extend and shrink can change the number of nodes; always so with several nodes."
        ))
    var malleable = false

    @Option(help: ArgumentHelp("Nodes for the log alone, apart from those that compute.", valueName: "n"))
    var logNodes: Int?

    @Option(help: ArgumentHelp("Cores of each node.", valueName: "n")) var cores: Int?
    @Option(help: ArgumentHelp("Graphics processors of each node.", valueName: "n")) var gpus = 0
    @Option(help: ArgumentHelp("Memory of each node, such as 16GiB.", valueName: "size")) var memory: ByteCount?
    @Flag(help: "Have the nodes alone.") var exclusive = false

    @Option(help: ArgumentHelp("How long a job may run, such as 2h, 90min or 02:00:00.", valueName: "time"))
    var walltime: Walltime?

    @Option(help: ArgumentHelp("The queue or partition.", valueName: "queue")) var queue: String?
    @Option(help: ArgumentHelp("The account, allocation or project that pays.", valueName: "account")) var account:
        String?
    @Option(help: ArgumentHelp("A reservation to run in.", valueName: "name")) var reservation: String?

    @Option(help: ArgumentHelp("What nodes must have, in the scheduler's own words.", valueName: "words"))
    var constraint: String?

    @Option(
        help: ArgumentHelp(
            "The most jobs, one behind the other, each going on where the one before came to the end of its walltime.",
            valueName: "n"))
    var chain: Int?

    @Option(help: ArgumentHelp("Give the run up behind so many jobs in a row that came no further.", valueName: "n"))
    var stallLimit = 3

    @Flag(help: "Queue all jobs of the chain at once, for sites where jobs cannot queue jobs.") var ahead = false

    @Option(
        help: ArgumentHelp(
            "How long before the end of the walltime the run comes to its last checkpoint; by default three times as long as one has taken, and 30s at least.",
            valueName: "time"))
    var grace: Duration?

    @Option(help: ArgumentHelp("Begin when this run is completed.", valueName: "run")) var after: String?
    @Flag(help: "Let the scheduler begin a job again by itself.") var requeue = false

    @Option(
        help: ArgumentHelp(
            "A line of shell before the program is started; may be given several times.", valueName: "line"))
    var prelude: [String] = []

    @Option(help: ArgumentHelp("A module that is loaded; may be given several times.", valueName: "name"))
    var module: [String] = []

    @Option(help: ArgumentHelp("Words before the program, such as 'apptainer exec image.sif'.", valueName: "words"))
    var container: String?

    @Option(
        name: .customLong("env"),
        help: ArgumentHelp("A variable of the jobs; may be given several times.", valueName: "name=value"))
    var variables: [String] = []

    @Flag(help: "Give the jobs all variables of this shell.") var inheritEnvironment = false

    @Option(
        help: ArgumentHelp(
            "A directive that is passed through, such as slurm.qos=debug or pbs.l=place=scatter; may be given several times.",
            valueName: "key=value"))
    var directive: [String] = []

    @Option(help: "How processes are started on the nodes.") var launcher: Launcher?

    @Option(
        help: ArgumentHelp(
            "Copy the program to this folder of each node, such as /tmp, and start it there; Slurm does so by sbcast.",
            valueName: "dir"))
    var stage: String?

    @Option(
        help: ArgumentHelp(
            "One task for each value of an option, such as centre=290:300:1 or filter=ramp,hann; several make a grid.",
            valueName: "key=values"))
    var sweep: [String] = []

    @Option(help: ArgumentHelp("The most tasks of a sweep at a time.", valueName: "n")) var throttle: Int?

    @Flag(name: .customLong("replay"), help: "Replay what was recorded, instead of a run.") var replays = false
    @Flag(help: "Print the script, the command and what is asked for; queue nothing.") var dryRun = false

    @Option(help: ArgumentHelp("Go on with a run that has ended before its work was done.", valueName: "run"))
    var resume: String?

    func validate() throws {
        guard nodes >= 1, logNodes ?? 1 >= 1, cores ?? 1 >= 1, gpus >= 0 else {
            throw ValidationError("--nodes, --log-nodes and --cores take 1 or more, --gpus 0 or more")
        }
        guard chain ?? 1 >= 1 else { throw ValidationError("--chain takes 1 or more") }
        guard stallLimit >= 1 else { throw ValidationError("--stall-limit takes 1 or more") }
        guard throttle ?? 1 >= 1 else { throw ValidationError("--throttle takes 1 or more") }
        guard throttle == nil || !sweep.isEmpty else { throw ValidationError("--throttle needs --sweep") }
        if let grace, grace < .zero { throw ValidationError("--grace takes a time of zero or more") }
        for pair in variables + directive where !pair.contains("=") || pair.hasPrefix("=") {
            throw ValidationError("--env and --directive take name=value, not \"\(pair)\"")
        }
    }

    /// Pairs of `name=value`; the value may have further equals signs.
    static func pairs(_ texts: [String]) -> [String: String] {
        let pairs = texts.map { text in
            let parts = text.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            return (String(parts[0]), parts.count > 1 ? String(parts[1]) : "")
        }
        return Dictionary(pairs) { $1 }
    }
}

extension SchedulerName: ExpressibleByArgument {}
extension Launcher: ExpressibleByArgument {}
extension Walltime: ExpressibleByArgument {
    init?(argument: String) { self.init(argument) }
}
extension ByteCount: ExpressibleByArgument {
    init?(argument: String) { self.init(argument) }
}
