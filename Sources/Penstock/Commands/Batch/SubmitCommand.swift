internal import ArgumentParser
internal import Foundation
internal import PenstockBatch
internal import PenstockCommands
internal import PenstockEngine
internal import PenstockLog

/// Gives the pipeline to a batch queue: this very program, with the same options.
struct SubmitCommand<P: Pipeline>: AsyncParsableCommand {
    static var configuration: CommandConfiguration {
        CommandConfiguration(
            commandName: "submit", abstract: "Give the pipeline to a batch queue.",
            discussion:
                "All options of `run` (with --replay those of `replay`) mean what they mean there. The jobs run a copy of this program, in the folder that it was submitted from."
        )
    }

    @OptionGroup(title: "Submitting") var submit: SubmitSettings
    @OptionGroup var pipeline: P
    @OptionGroup(title: "Running") var settings: RunSettings
    @OptionGroup(title: "Figures") var stats: StatsSettings
    @OptionGroup(title: "Checkpoints") var checkpoints: CheckpointSettings
    @OptionGroup(title: "Restoring") var restore: RestoreSettings
    @OptionGroup(title: "Replaying") var selection: ReplaySelection

    func run() async throws {
        if let resume = submit.resume { return try await goOn(with: resume) }
        let submission = try await Submission(request())
        // What cannot be told now, such as of an input that another run makes first, is no reason to wait.
        let report = try? await ResourceReport.of(
            pipeline, settings, isReplay: submit.replays, runs: submit.runs,
            cores: submission.manifest.spec.resources.coresPerNode)
        if submit.dryRun { try await show(submission, report) }
        if let report { warn(report, submission.manifest) }
        if submit.dryRun { return }
        let job = try await submission.submit()
        let tasks = submission.manifest.sweep.map { ", \($0.tasks.count) tasks" } ?? ""
        print("submitted \(submission.folder.name): job \(job.id) of \(submission.manifest.scheduler.rawValue)\(tasks)")
        print(
            "its folder is \(submission.folder.path); `\(P.command) status \(submission.folder.name)` tells how it is")
        try await warn(of: job)
    }

    // MARK: What is submitted

    private func request() async throws -> Submission.Request {
        let environment = ProcessInfo.processInfo.environment
        let directory = FileManager.default.currentDirectoryPath
        let profile =
            try submit.site.map { try SiteProfiles(from: directory, environment: environment).profile($0) }
            ?? SiteProfile()
        let scheduler: SchedulerName
        if let named = submit.scheduler ?? profile.scheduler {
            scheduler = named
        } else {
            scheduler = try await Schedulers.found()
        }
        let verb = submit.replays ? "replay" : "run"
        let given = try SubmitArguments<P>().behindVerb(CommandLine.arguments)
        let sweep =
            try submit.sweep.isEmpty
            ? nil
            : SweepArguments<P>(
                submit.sweep, submit.replays ? .replay : .run, given, from: directory)
        let arguments = sweep?.arguments ?? given
        if sweep == nil { try check(verb, arguments) }
        let plan = try PhysicalPlan(pipeline.flows(), parallelism: settings.parallelism, isReplay: submit.replays)
        let cores = submit.cores ?? profile.cores ?? RunSettings.defaultParallelism
        var resources = ResourceSpec(
            nodeCount: submit.nodes, cpuCoresPerProcess: cores, gpuCoresPerProcess: submit.gpus,
            exclusiveNodeUse: submit.exclusive || profile.exclusive ?? false)
        let memory = submit.memory ?? profile.memory
        resources.memory = memory.map { ByteCount($0.bytes * submit.nodes) }
        let walltime = submit.walltime ?? profile.walltime ?? JobAttributes().duration
        if let most = profile.maxWalltime, walltime > most {
            throw BatchError(
                .wrongJob, "the site allows jobs of \(most), and \(walltime) was asked for",
                hint: "give --walltime \(most), and --chain for work that takes longer")
        }
        var request = Submission.Request(
            pipeline: "\(P.self)", command: P.command.split(separator: " ").dropFirst().map(String.init) + [verb],
            arguments: arguments + parallelism(cores, arguments), parameters: pipeline.parameters, plan: plan.json,
            runs: submit.runs, program: Self.program, directory: directory, scheduler: scheduler, resources: resources,
            attributes: JobAttributes(
                duration: walltime, queueName: submit.queue ?? profile.queue,
                account: submit.account ?? profile.account,
                reservationID: submit.reservation ?? profile.reservation,
                constraint: submit.constraint ?? profile.constraint,
                customAttributes: (profile.directives ?? [:]).merging(SubmitSettings.pairs(submit.directive)) { $1 },
                array: sweep.map { JobArray(count: $0.sweep.tasks.count, throttle: submit.throttle) },
                requeue: submit.requeue),
            chain: ChainRule(
                jobs: submit.chain ?? 1, isAhead: submit.ahead, stalls: submit.stallLimit,
                graceSeconds: submit.grace.map { Int(($0 / .seconds(1)).rounded(.up)) }),
            log: try log(in: directory))
        request.isShared = try isShared(flows: pipeline.flows())
        request.sweep = sweep?.sweep
        request.changed = try ChangedParameters.names(pipeline, PipelineProgram<P>.expandingSet(arguments))
        (request.inputs, request.outputs) = pipeline.namedPaths
        request.name = submit.name
        request.site = submit.site
        request.logResources = submit.logNodes.map {
            ResourceSpec(
                nodeCount: $0, cpuCoresPerProcess: cores,
                memory: memory.map { [count = $0] in ByteCount($0.bytes * count) })
        }
        request.environment = (profile.environment ?? [:]).merging(SubmitSettings.pairs(submit.variables)) { $1 }
        if let scratch = profile.scratch { request.environment["TMPDIR"] = scratch }
        request.inheritEnvironment = submit.inheritEnvironment
        request.preLaunch =
            ((profile.modules ?? []) + submit.module).map { "module load \($0)" } + (profile.prelude ?? [])
            + submit.prelude
        request.wrapper = submit.container.map { $0.split(separator: " ").map(String.init) } ?? profile.container ?? []
        request.stage = submit.stage ?? profile.stage
        request.launcher = submit.launcher ?? profile.launcher ?? .automatic
        request.glibc = profile.glibc
        request.after = try submit.after.map { try RunList(in: submit.runs).run($0).path }
        try checkInputs(request)
        return request
    }

    /// What the pipeline reads has to be there, unless another run makes it first, or a replay reads what was recorded.
    private func checkInputs(_ request: Submission.Request) throws {
        guard request.after == nil, !submit.replays else { return }
        for input in request.inputs where !FileManager.default.fileExists(atPath: input.path) {
            throw BatchError(
                .noInput, "--\(input.option): there is no \(input.path)",
                hint: "the jobs would begin in this folder; a run that makes it first is named by --after")
        }
    }

    /// Whether members share the work; what cannot be shared is for a single node.
    private func isShared(flows: [FlowDescription]) throws -> Bool {
        guard submit.malleable || submit.nodes > 1 || submit.logNodes != nil else { return false }
        guard !submit.replays, submit.sweep.isEmpty else {
            throw BatchError(
                .wrongJob, "a replay is for a single node", hint: "leave --nodes, --log-nodes and --malleable out")
        }
        guard restore.isEmpty, checkpoints.savepoint == nil, !checkpoints.drain else {
            throw BatchError(
                .wrongJob, "work that is shared is begun and left by its own checkpoints",
                hint: "leave --savepoint, --drain, --checkpoint-name, --from-savepoint and --drop-state out")
        }
        _ = try PhysicalPlan(flows, parallelism: settings.parallelism).topicsToShare()
        return true
    }

    /// The log, a directory by its absolute path: jobs know where they begin, people may be elsewhere.
    private func log(in directory: String) throws -> String {
        guard let path = try LogLocation(settings.log).directory else { return settings.log }
        return path.hasPrefix("/") ? path : "\(directory)/\(path)"
    }

    /// As many instances as the job has cores, unless the user says otherwise.
    private func parallelism(_ cores: Int, _ arguments: [String]) -> [String] {
        let isGiven = arguments.contains { $0 == "--parallelism" || $0.hasPrefix("--parallelism=") }
        return isGiven ? [] : ["--parallelism", "\(cores)"]
    }

    /// What the jobs are called with has to be right now, not when they begin, days later.
    private func check(_ verb: String, _ arguments: [String]) throws {
        _ = try PipelineCommand<P>.parseAsRoot([verb] + PipelineProgram<P>.expandingSet(arguments))
        try pipeline.check(submit.replays ? .replay : .run)
    }

    /// The file of this program.
    private static var program: String {
        (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")) ?? CommandLine.arguments[0]
    }

    // MARK: Telling

    /// Says what will not be enough.
    private func warn(_ report: ResourceReport, _ manifest: RunManifest) {
        if let shortage = report.shortage(manifest.spec.attributes.duration, jobs: manifest.chain.jobs) {
            StandardError.write("warning: \(shortage)\n")
        }
        if let memory = manifest.spec.resources.memoryPerNode, memory < report.memory {
            StandardError.write(
                "warning: \(memory) of memory may be too little: `explain --resources` says \(report.memory)\n")
        }
    }

    private func show(_ submission: Submission, _ report: ResourceReport?) async throws {
        if let sweep = submission.manifest.sweep {
            print("# The tasks would be:")
            for task in sweep.tasks.indices { print("  \(task)  \(sweep.labels(of: task).joined(separator: " "))") }
        }
        print("# The script would be \(submission.folder("script.sh")):")
        print(submission.script.text)
        print("# The command would be:")
        print(submission.command.joined(separator: " "))
        print("\n# It asks for:")
        let spec = submission.manifest.spec
        for line in spec.resources.arithmetic { print("  \(line)") }
        for line in spec.logResources?.arithmetic ?? [] { print("  for the log: \(line)") }
        let jobs = submission.manifest.chain.jobs
        let tasks = submission.manifest.sweep?.tasks.count ?? 1
        let seconds = spec.attributes.duration.seconds * jobs
        print(
            "  \(spec.attributes.duration)"
                + (jobs > 1 ? " × \(jobs) jobs at most = \(Walltime(seconds: seconds))" : "")
                + (tasks > 1 ? " for each of \(tasks) tasks" : ""))
        print(
            String(
                format: "  %.1f core hours at most",
                Double(seconds * tasks * spec.resources.processCount * spec.resources.cpuCoresPerProcess) / 3600))
        if let report {
            print("\n# What is known of its needs:")
            for line in report.lines { print("  \(line)") }
        }
        do {
            if let estimate = try await submission.estimate() { print("\n# The scheduler says:\n  \(estimate)") }
        } catch {
            StandardError.write("warning: the scheduler does not say when it could begin: \(error.summary)\n")
        }
    }

    /// A scheduler takes many a job that will never run: whoever submits it wants to know.
    private func warn(of job: JobReference) async throws {
        for _ in 0..<3 {
            let status = try await RunStatus.of([RunFolder(job.folder)])[0]
            if status.needsHelp {
                StandardError.write("warning: as it is, this job never runs: \(status.remark ?? "\(status.state)")\n")
                StandardError.write("hint: `\(P.command) cancel \(status.folder.name)` takes it back\n")
                return
            }
            guard case .queued(nil) = status.state else { return }
            try await Task.sleep(for: .milliseconds(80))
        }
    }

    private func goOn(with name: String) async throws {
        let folder = try RunList(in: submit.runs).run(name)
        let job = try await folder.resume(jobs: submit.chain ?? 1)
        print("\(folder.name) goes on: job \(job.id)")
        try await warn(of: job)
    }
}
