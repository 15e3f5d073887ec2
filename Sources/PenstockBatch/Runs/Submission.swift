internal import Foundation

/// A run that is about to be submitted: what its folder will hold, and what the scheduler will be told.
public struct Submission: Sendable {
    /// What will be written down.
    public private(set) var manifest: RunManifest
    /// Its folder, which is not there yet.
    public let folder: RunFolder
    /// The batch script.
    public let script: BatchScript

    private let scheduler: any Scheduler
    private let store: ProgramStore
    private let entry: ProgramStore.Entry
    private let plan: String

    /// What a submission is made of.
    public struct Request: Sendable {
        /// The name of the pipeline.
        public var pipeline: String
        /// The name of the run, before its number; nil for that of the pipeline.
        public var name: String?
        /// What the program is asked to do, such as `run`.
        public var command: [String]
        /// The arguments behind that.
        public var arguments: [String]
        /// The options of the pipeline with their values.
        public var parameters: [String: String]
        /// Those that are not as they are by default; nil where nobody knows.
        public var changed: [String]?
        /// What the pipeline reads.
        public var inputs: [NamedPath] = []
        /// What it makes.
        public var outputs: [NamedPath] = []
        /// The plan, as `explain --format json` prints it.
        public var plan: String
        /// The folder of the runs.
        public var runs: String
        /// The file of the program.
        public var program: String
        /// The folder that jobs begin in.
        public var directory: String
        /// Where jobs are queued.
        public var scheduler: SchedulerName
        /// The site profile that was used; nil for none.
        public var site: String?
        /// Nodes that compute.
        public var resources: ResourceSpec
        /// Nodes for the log alone; nil for none.
        public var logResources: ResourceSpec?
        /// How jobs are queued.
        public var attributes: JobAttributes
        /// Variables of the jobs.
        public var environment: [String: String] = [:]
        /// Whether jobs see all variables of whoever submits them.
        public var inheritEnvironment = false
        /// Lines of shell before the program.
        public var preLaunch: [String] = []
        /// Words before the program, such as those that start a container.
        public var wrapper: [String] = []
        /// The version of the C library on the nodes, where the site says it.
        public var glibc: GlibcVersion?
        /// The folder of each node that the program is copied to; nil where it starts from where it is.
        public var stage: String?
        /// How processes are started on nodes.
        public var launcher = Launcher.automatic
        /// How jobs follow each other.
        public var chain: ChainRule
        /// The folder of the run that has to be completed first.
        public var after: String?
        /// The log, as `--log` takes it.
        public var log: String
        /// Whether members share the work.
        public var isShared = false
        /// The values of the tasks of a sweep; nil for none.
        public var sweep: Sweep?

        /// A request with the parts that every one has.
        public init(
            pipeline: String, command: [String], arguments: [String], parameters: [String: String], plan: String,
            runs: String,
            program: String, directory: String, scheduler: SchedulerName, resources: ResourceSpec,
            attributes: JobAttributes, chain: ChainRule, log: String
        ) {
            self.pipeline = pipeline
            self.command = command
            self.arguments = arguments
            self.parameters = parameters
            self.plan = plan
            self.runs = runs
            self.program = program
            self.directory = directory
            self.scheduler = scheduler
            self.resources = resources
            self.attributes = attributes
            self.chain = chain
            self.log = log
        }
    }

    /// Works out what would be submitted. Nothing is written.
    /// - Throws: `BatchError` where the job cannot be.
    public init(_ request: Request) async throws(BatchError) {
        scheduler = Schedulers.scheduler(request.scheduler)
        store = ProgramStore(in: request.runs)
        plan = request.plan
        try Self.checkSweep(request)
        let id = RunList(in: request.runs).newID(request.name ?? RunList.name(of: request.pipeline))
        folder = RunFolder("\(request.runs)/\(id)")
        async let source = SourceState.of(request.directory)
        entry = try store.entry(of: request.program)
        let program = entry.program
        if let glibc = request.glibc {
            do throws(BinaryError) { try entry.check.compare(architecture: nil, glibc: glibc) } catch {
                throw BatchError(.wrongSite, error.summary, hint: error.hint)
            }
        }
        var attributes = request.attributes
        // The signal is a hint, and comes up to a minute early; behind our own clock it would be of no use.
        attributes.signalSeconds = min((request.chain.graceSeconds ?? 30) + 60, max(1, attributes.duration.seconds / 2))
        attributes.array = request.sweep.map {
            JobArray(count: $0.tasks.count, throttle: request.attributes.array?.throttle)
        }
        let spec = JobSpec(
            name: id, executable: program.path, arguments: ["job", folder.path], directory: request.directory,
            inheritEnvironment: request.inheritEnvironment, environment: request.environment,
            stdoutPath: folder("log/\(Self.outputName(request.scheduler))"), resources: request.resources,
            logResources: request.logResources, attributes: attributes, preLaunch: request.preLaunch,
            wrapper: request.wrapper, launcher: request.launcher, stage: request.stage)
        try spec.check()
        manifest = RunManifest(
            run: id, pipeline: request.pipeline, command: request.command, arguments: request.arguments,
            parameters: request.parameters, changed: request.changed, inputs: request.inputs, outputs: request.outputs,
            created: Date(), user: NSUserName(), host: ProcessInfo.processInfo.hostName, scheduler: request.scheduler,
            site: request.site, program: program,
            source: await source, spec: spec, chain: request.chain, after: request.after,
            log: request.log, isShared: request.isShared, sweep: request.sweep)
        let command = Shell.command([request.pipeline] + request.command + request.arguments)
        script = BatchScript(
            spec, for: scheduler,
            heading: [
                "The batch script of the run \(id), made by `\(request.pipeline) submit`:", "    \(command)",
                "All jobs of the run use it. What a job does follows from the run's folder.",
            ],
            check: entry.check)
    }

    /// What chains of tasks cannot do.
    private static func checkSweep(_ request: Request) throws(BatchError) {
        guard request.sweep != nil, request.chain.jobs > 1 else { return }
        switch request.scheduler {
        case .local, .slurm: break
        case .pbspro, .torque:
            throw BatchError(
                .wrongJob, "PBS cannot queue a single task of an array, as the chain of a task needs",
                hint: "give the sweep a --walltime that its tasks need, without --chain")
        }
        guard !request.chain.isAhead else {
            throw BatchError(
                .wrongJob, "the jobs of a task cannot be queued ahead: each task queues its own when it begins",
                hint: "leave --ahead out, or give a --walltime that the tasks need, without --chain")
        }
    }

    /// The name of the file with what the script prints, with the scheduler's word for the job where it has one.
    private static func outputName(_ scheduler: SchedulerName) -> String {
        switch scheduler {
        case .local, .slurm: "job-%j.out"
        case .pbspro, .torque: "job.out"
        }
    }

    /// The command that would queue the first job.
    public var command: [String] { scheduler.submission(of: folder("script.sh"), after: []) }

    /// What the scheduler says of the script, such as when it could begin.
    public func estimate() async throws(BatchError) -> String? {
        let path = "\(NSTemporaryDirectory())/penstock-\(getpid()).sh"
        try AtomicFile.write(Data(script.text.utf8), to: path)
        defer { unlink(path) }
        return try await scheduler.estimate(for: path)
    }

    /// Makes the folder and queues the jobs.
    /// - Returns: The first job.
    /// - Throws: `BatchError`; where the scheduler refuses the job, nothing stays.
    public func submit() async throws(BatchError) -> JobReference {
        let dependencies =
            if let after = manifest.after {
                try await Predecessor(after).dependencies(in: manifest.scheduler)
            } else { [JobDependency]() }
        try folder.make()
        do {
            try AtomicFile.write(Data(script.text.utf8), to: folder("script.sh"))
            try AtomicFile.write(Data(plan.utf8), to: folder("plan.json"))
            try folder.write(manifest)
            // Not before: whoever removes programs leaves those alone that a run names.
            try store.keep(entry)
            let queue = JobQueue(manifest, folder, folder, scheduler)
            let first = try await queue.submit(after: dependencies)
            // One behind the first, which may die before it queues another; or all of them. Tasks of a sweep, which end one by one, queue what
            // goes on with them themselves.
            var last = first
            let jobs =
                manifest.sweep != nil ? 1 : manifest.chain.isAhead ? manifest.chain.jobs : min(2, manifest.chain.jobs)
            for _ in 1..<jobs {
                last = try await queue.submit(after: [JobDependency(.afterAny, last)])
            }
            return JobReference(first, in: folder.path)
        } catch {
            if ((try? folder.jobs()) ?? []).isEmpty { try? FileManager.default.removeItem(atPath: folder.path) }
            throw error
        }
    }
}
