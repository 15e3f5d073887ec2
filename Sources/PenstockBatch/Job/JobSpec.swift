/// A job: what is run, where, on what, and how it is queued. The terms are those of PSI/J's JobSpec, as far as a pipeline needs them.
public struct JobSpec: Codable, Sendable, Hashable {
    /// The name in the queue.
    public var name: String
    /// The program.
    public var executable: String
    /// What it is called with.
    public var arguments: [String]
    /// The folder that it is started in.
    public var directory: String
    /// Whether the job sees all variables of whoever submits it. By default it gets a clean environment: a job does what it does for everybody.
    public var inheritEnvironment: Bool
    /// Variables that the job gets.
    public var environment: [String: String]
    /// Where the scheduler puts what the script prints, apart from what the program prints.
    public var stdoutPath: String
    /// What is asked for.
    public var resources: ResourceSpec
    /// Nodes for the log alone, apart from those that compute; nil where one of the latter holds it.
    public var logResources: ResourceSpec?
    /// How it is queued.
    public var attributes: JobAttributes
    /// Lines of shell before the program is started, such as `module load`.
    public var preLaunch: [String]
    /// Words before the program's path, such as those that start a container.
    public var wrapper: [String]
    /// How processes are started on the nodes.
    public var launcher: Launcher
    /// A folder of each node, on a disk of its own, that the program is copied to before it starts; nil where it starts from where it is.
    public var stage: String?

    /// A job.
    public init(
        name: String, executable: String, arguments: [String] = [], directory: String,
        inheritEnvironment: Bool = false, environment: [String: String] = [:], stdoutPath: String,
        resources: ResourceSpec = ResourceSpec(), logResources: ResourceSpec? = nil,
        attributes: JobAttributes = JobAttributes(), preLaunch: [String] = [], wrapper: [String] = [],
        launcher: Launcher = .automatic, stage: String? = nil
    ) {
        self.name = name
        self.executable = executable
        self.arguments = arguments
        self.directory = directory
        self.inheritEnvironment = inheritEnvironment
        self.environment = environment
        self.stdoutPath = stdoutPath
        self.resources = resources
        self.logResources = logResources
        self.attributes = attributes
        self.preLaunch = preLaunch
        self.wrapper = wrapper
        self.launcher = launcher
        self.stage = stage
    }

    private enum CodingKeys: String, CodingKey {
        case name, executable, arguments, directory, environment, resources, attributes, wrapper, launcher, stage
        case inheritEnvironment = "inherit_environment"
        case stdoutPath = "stdout_path"
        case logResources = "log_resources"
        case preLaunch = "pre_launch"
    }

    /// All nodes.
    public var nodeCount: Int { resources.nodeCount + (logResources?.nodeCount ?? 0) }

    /// - Throws: `BatchError` where the job cannot be.
    public func check() throws(BatchError) {
        try resources.check()
        try logResources?.check()
        for key in customAttributeKeys where !key.hasPrefix("slurm.") && !key.hasPrefix("pbs.") {
            throw BatchError(
                .wrongJob, "the directive \(key) is for no scheduler", hint: "directives begin with slurm. or pbs.")
        }
        if let stage, !stage.hasPrefix("/") {
            throw BatchError(
                .wrongJob, "the program cannot be copied to \(stage) of each node: that is no absolute path",
                hint: "name a folder that every node has on a disk of its own, such as /tmp")
        }
        for name in environment.keys.sorted() where !Shell.isName(name) {
            throw BatchError(
                .wrongJob, "\"\(name)\" cannot be the name of a variable",
                hint: "use letters, digits and '_', and no digit first")
        }
        if let array = attributes.array, array.count < 1 || (array.throttle ?? 1) < 1 {
            throw BatchError(
                .wrongJob, "an array needs a task, and a place for it", hint: "give a range that has a value")
        }
    }

    private var customAttributeKeys: [String] { attributes.customAttributes.keys.sorted() }
}

/// How a job starts processes on its nodes.
public enum Launcher: String, Codable, Sendable, Hashable, CaseIterable {
    /// `srun` on Slurm, `pbsdsh` on PBS; on this host, and for a single node, none is needed.
    case automatic = "auto"
    /// Slurm's.
    case srun
    /// PBS's.
    case pbsdsh
    /// That of an MPI; no MPI is needed in the program.
    case mpiexec
    /// A shell on each node.
    case ssh
    /// Processes on the node that the job begins on.
    case fork
}
