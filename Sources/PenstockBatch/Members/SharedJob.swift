internal import Foundation
internal import PenstockEvents

/// A job whose members share the work of a run by the partitions of its topics: it serves the log, unless brokers do so already, and starts a
/// member on each node that computes.
struct SharedJob: Sendable {
    private let manifest: RunManifest
    private let folder: RunFolder
    private let environment: JobEnvironment
    private let attempt: Int

    /// How long the members wait for the log to be served.
    private static let patience = Duration.seconds(120)
    /// After how long a member that says nothing is one that is gone.
    private static let silence = Duration.seconds(6)
    /// How long the members of other jobs may take to leave.
    private static let leaveTime = Duration.seconds(20)

    init(_ manifest: RunManifest, _ folder: RunFolder, _ environment: JobEnvironment, attempt: Int) {
        (self.manifest, self.folder, self.environment, self.attempt) = (manifest, folder, environment, attempt)
    }

    private var isServedElsewhere: Bool { manifest.log.hasPrefix("penstock://") }

    /// The brokers that are started, and the signal for the members; these follow when it is known where the log is.
    func plan(output: String) throws(BatchError) -> Crew.Plan {
        let workers = launch
        guard !isServedElsewhere else {
            return Crew.Plan(workers: [], output: output, drainSignal: workers.drainSignal)
        }
        try folder.clearBrokers()
        let words = [environment.program(of: manifest), "broker", folder.path]
        let nodes = manifest.spec.logResources?.nodeCount ?? 1
        let brokers = NodeLaunch(
            manifest.spec.launcher, manifest.scheduler, nodes: 0..<nodes,
            cores: manifest.spec.logResources?.cpuCoresPerProcess ?? 1,
            group: manifest.spec.logResources == nil ? nil : 0)
        // One that the job's own node has needs no launcher.
        let commands = nodes == 1 ? [words] : brokers.commands(manifest.spec.wrapper + words, [:], hosts: hosts)
        return Crew.Plan(brokers: commands, workers: [], output: output, drainSignal: workers.drainSignal)
    }

    /// Serves the log and runs the members to their end.
    func run(_ crew: Crew, _ plan: Crew.Plan) async throws(BatchError) -> WatchedProcess.End {
        let serving = Task { () -> BatchError? in
            do throws(BatchError) { try await crew.serve(plan) } catch { return error }
            return nil
        }
        do throws(BatchError) {
            let rendezvous = try await rendezvous(crew, serving: plan.brokers.isEmpty ? nil : serving)
            try folder.write(rendezvous)
            var plan = plan
            plan.workers = Self.workers(manifest, folder, environment, launch, rendezvous, hosts: hosts)
            let end = try await crew.work(plan)
            await othersLeave()
            crew.stopBrokers()
            _ = await serving.value
            return end
        } catch {
            crew.kill()
            _ = await serving.value
            throw error
        }
    }

    /// Waits until members of other jobs have given back what they had, or are silent: they need the log for that.
    private func othersLeave() async {
        var beats: [String: Int] = [:]
        var silentSince: [String: ContinuousClock.Instant] = [:]
        let end = ContinuousClock.now + Self.leaveTime
        while ContinuousClock.now < end {
            let now = ContinuousClock.now
            let staying = ((try? folder.members()) ?? []).filter { member in
                if member.hasStopped || member.isDone { return false }
                if beats[member.member] != member.count { silentSince[member.member] = now }
                beats[member.member] = member.count
                return now - (silentSince[member.member] ?? now) < Self.silence
            }
            if staying.isEmpty { return }
            try? await Task.sleep(for: .milliseconds(250))
        }
    }

    private var hosts: [String] { NodeLaunch.hosts(ProcessInfo.processInfo.environment) }

    private var launch: NodeLaunch {
        let first = manifest.spec.logResources?.nodeCount ?? 0
        return NodeLaunch(
            manifest.spec.launcher, manifest.scheduler, nodes: first..<first + manifest.spec.resources.nodeCount,
            cores: manifest.spec.resources.cpuCoresPerProcess, group: first > 0 ? 1 : nil)
    }

    /// Waits until the log is served, and says where.
    private func rendezvous(_ crew: Crew, serving: Task<BatchError?, Never>?) async throws(BatchError) -> Rendezvous {
        let fabric = ProcessInfo.processInfo.environment["PENSTOCK_FABRIC"]
        guard let serving else {
            return Rendezvous(
                attempt: attempt, log: manifest.log,
                tokenFile: ProcessInfo.processInfo.environment["PENSTOCK_TOKEN_FILE"],
                authority: ProcessInfo.processInfo.environment["PENSTOCK_CA"], fabric: fabric, group: manifest.run)
        }
        let wanted = manifest.spec.logResources?.nodeCount ?? 1
        let hasEnded = Guarded(false)
        Task {
            _ = await serving.value
            hasEnded.withLock { $0 = true }
        }
        let end = ContinuousClock.now + Self.patience
        while true {
            let brokers = try folder.brokers()
            if brokers.count == wanted {
                let addresses = brokers.map(\.address).joined(separator: ",")
                return Rendezvous(
                    attempt: attempt, log: "penstock://\(addresses)", tokenFile: brokers[0].tokenFile,
                    authority: brokers[0].authority, fabric: fabric, group: manifest.run)
            }
            guard ContinuousClock.now < end, !hasEnded.withLock({ $0 }) else {
                throw BatchError(
                    .noAnswer,
                    "the log \(manifest.log) is not served: \(brokers.count) of \(wanted) brokers have come up",
                    hint: "what they printed is in \(folder("log"))")
            }
            try? await Task.sleep(for: .milliseconds(50))
        }
    }

    /// The commands that start members on the nodes of a job.
    static func workers(
        _ manifest: RunManifest, _ folder: RunFolder, _ environment: JobEnvironment, _ launch: NodeLaunch,
        _ rendezvous: Rendezvous, hosts: [String]
    ) -> [[String]] {
        let common =
            [environment.program(of: manifest)] + manifest.command + manifest.arguments
            + ["--log", rendezvous.log, "--share", rendezvous.group, "--run-folder", folder.path, "--member"]
        guard launch.launcher == .fork else {
            // On this node the job is in the container already; to the others its words have to go along.
            return launch.commands(
                manifest.spec.wrapper + common + ["\(environment.id)-%"], rendezvous.environment, hosts: hosts)
        }
        // Several on one host are told apart by their numbers.
        return launch.nodes.flatMap { number in
            NodeLaunch(.fork, manifest.scheduler, nodes: number..<number + 1, cores: launch.cores)
                .commands(common + ["\(environment.id)-\(number)"], rendezvous.environment, hosts: hosts)
        }
    }
}
