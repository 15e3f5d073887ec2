internal import Foundation

/// A job that joins a run which is on its way: its nodes take their part of the work, and give it back when the job ends.
public struct JoinRunner: Sendable {
    private let folder: RunFolder
    private let manifest: RunManifest
    private let record: MemberJob
    private let environment: JobEnvironment
    private let wishes: JobWishes
    private let say: @Sendable (String) -> Void

    /// How often is looked how the run is: a file, perhaps on another machine.
    private static let lookInterval = Duration.milliseconds(500)
    /// How long members may take to leave.
    private static let leaveTime = Duration.seconds(40)

    /// The job that this process is.
    /// - Parameters:
    ///   - path: The folder of the run that it joins.
    ///   - number: Its number among those that `extend` has queued.
    /// - Throws: `BatchError` outside of a job, or where there is no such run.
    public init(
        _ path: String, number: Int, wishes: JobWishes, say: @escaping @Sendable (String) -> Void
    ) throws(BatchError) {
        folder = RunFolder(path)
        manifest = try folder.manifest()
        record = try folder.memberJob(number)
        environment = try JobEnvironment(manifest.scheduler, ProcessInfo.processInfo.environment)
        self.wishes = wishes
        self.say = say
    }

    /// Works until the run is over, or this job has to end.
    /// - Returns: The exit status of the batch script.
    public func run() async throws(BatchError) -> Int {
        try folder.note(JobRecord(id: environment.id, role: .member, command: [], nodes: record.spec.nodeCount))
        let deadline = Deadline(
            start: Date(), walltime: record.spec.attributes.duration, grace: manifest.chain.graceSeconds)
        var worked = 0
        while true {
            guard let rendezvous = try await next(behind: worked, deadline) else {
                say("the run \(manifest.run) is over, or this job is: it leaves")
                await environment.removeStagedProgram(of: record.spec, manifest.scheduler)
                return 0
            }
            worked = rendezvous.attempt
            say("joins attempt \(worked) of \(manifest.run) at \(rendezvous.log)")
            try await work(rendezvous, deadline)
        }
    }

    /// Waits for an attempt that is at work and that this job has not worked for; nil where there is nothing more to do.
    private func next(behind worked: Int, _ deadline: Deadline) async throws(BatchError) -> Rendezvous? {
        while true {
            if isOver(deadline) { return nil }
            if let status = try folder.status() {
                switch status.outcome {
                case .completed, .canceled: return nil
                case .running:
                    if let rendezvous = try folder.rendezvous(), rendezvous.attempt == status.attempt,
                        status.attempt > worked
                    {
                        return rendezvous
                    }
                case .failed, .handedOver: break
                }
            }
            try? await Task.sleep(for: Self.lookInterval)
        }
    }

    private func isOver(_ deadline: Deadline) -> Bool {
        wishes.isDraining || folder.isCanceled || Date() >= deadline.drain(longestCheckpoint: 0)
    }

    /// Whether an attempt is over, or about to be.
    private func hasEnded(_ attempt: Int) -> Bool {
        // What cannot be read now may be read the next time.
        guard let status = try? folder.status() else { return false }
        return status.attempt != attempt || status.outcome != .running || status.phase == .draining
    }

    private func work(_ rendezvous: Rendezvous, _ deadline: Deadline) async throws(BatchError) {
        let launch = NodeLaunch(
            record.spec.launcher, manifest.scheduler, nodes: 0..<record.spec.nodeCount,
            cores: record.spec.resources.cpuCoresPerProcess)
        let workers = SharedJob.workers(
            manifest, folder, environment, launch, rendezvous,
            hosts: NodeLaunch.hosts(ProcessInfo.processInfo.environment))
        let crew = Crew()
        let plan = Crew.Plan(
            workers: workers,
            output: folder("log/\(RunFolder.number(rendezvous.attempt)).\(environment.node)-\(environment.id)"),
            drainSignal: launch.drainSignal)
        let watching = Task {
            while !Task.isCancelled, !isOver(deadline), !hasEnded(rendezvous.attempt) {
                try? await Task.sleep(for: Self.lookInterval)
            }
            if !Task.isCancelled { crew.drain(by: launch.drainSignal) }
            let patience = ContinuousClock.now + Self.leaveTime
            while !Task.isCancelled, Date() < deadline.last, ContinuousClock.now < patience {
                try? await Task.sleep(for: Self.lookInterval)
            }
            // Members of an attempt that is over wait for a log that nobody serves any more.
            if !Task.isCancelled { crew.kill() }
        }
        let end = try await crew.work(plan)
        watching.cancel()
        say("its part of attempt \(rendezvous.attempt) has ended: \(end)")
    }
}

/// A job that `extend` has queued: the file `extensions/0001.json` beside its script.
struct MemberJob: Codable, Sendable, Hashable {
    let number: Int
    let spec: JobSpec
}

extension RunFolder {
    func memberJob(_ number: Int) throws(BatchError) -> MemberJob {
        guard let job = try read(MemberJob.self, "extensions/\(Self.number(number)).json") else {
            throw BatchError(.noRun, "nobody has extended \(name) for the \(number). time")
        }
        return job
    }

    /// Adds a job with nodes that take their part of the work.
    /// - Throws: `BatchError.wrongState` for a run that is over, or whose work cannot be shared.
    public func extend(nodes: Int, walltime: Walltime?) async throws(BatchError) -> JobReference {
        let status = try await RunStatus.of([self])[0]
        guard !status.state.isFinal else {
            throw BatchError(.wrongState, "\(name) is \(status.state): nothing is left to share")
        }
        let manifest = status.manifest
        guard manifest.isShared else {
            throw BatchError(
                .wrongState, "\(name) was not submitted to be extended",
                hint: "submit it with --malleable, or on several nodes")
        }
        do {
            try FileManager.default.createDirectory(atPath: self("extensions"), withIntermediateDirectories: true)
        } catch {
            throw BatchError(.folder, "\(self("extensions")) cannot be made: \(error.localizedDescription)")
        }
        var number = names(in: "extensions").count { $0.hasSuffix(".json") } + 1
        var spec = manifest.spec
        spec.logResources = nil
        spec.resources.nodeCount = nodes
        spec.resources.memory = manifest.spec.resources.memoryPerNode.map { ByteCount($0.bytes * nodes) }
        if let walltime { spec.attributes.duration = walltime }
        while true {
            spec.arguments = ["join", path, "\(number)"]
            let job = MemberJob(number: number, spec: spec)
            if try AtomicFile.create(RunJSON.data(job), at: self("extensions/\(Self.number(number)).json")) { break }
            number += 1
        }
        let scheduler = Schedulers.scheduler(manifest.scheduler)
        let script = self("extension-\(number).sh")
        let text = BatchScript(
            spec, for: scheduler, heading: ["A job that joins the run \(name), made by `extend`."],
            check: try manifest.program.check
        ).text
        try AtomicFile.write(Data(text.utf8), to: script)
        let id = try await scheduler.submit(script, of: spec, task: nil, after: [])
        try note(JobRecord(id: id, role: .member, command: scheduler.submission(of: script, after: []), nodes: nodes))
        return JobReference(id, in: path)
    }

    /// Takes the newest jobs that `extend` has added from the run: their members give their work back.
    /// - Parameter nodes: How many nodes at least are to go.
    /// - Returns: The jobs that leave.
    /// - Throws: `BatchError.wrongState` where there is none.
    public func shrink(nodes: Int) async throws(BatchError) -> [JobRecord] {
        let manifest = try manifest()
        let scheduler = Schedulers.scheduler(manifest.scheduler)
        let jobs = try jobs().filter { $0.role == .member }.reversed()
        let references = jobs.map { JobReference($0.id, in: path) }
        let known = try await scheduler.jobs(references)
        var leaving: [JobRecord] = []
        for job in jobs where leaving.reduce(0, { $0 + $1.nodes }) < nodes {
            let reference = JobReference(job.id, in: path)
            guard let state = known[reference]?.state, !state.isFinal else { continue }
            if state == .active {
                try await scheduler.send(.drain, to: reference)
            } else {
                try await scheduler.cancel(reference)
            }
            leaving.append(job)
        }
        guard !leaving.isEmpty else {
            throw BatchError(
                .wrongState, "\(name) has no nodes that `extend` has added", hint: "`cancel` ends the run itself")
        }
        return leaving
    }
}
