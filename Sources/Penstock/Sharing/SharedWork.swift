internal import PenstockEngine
internal import PenstockEvents
internal import PenstockLog

/// The work of a pipeline, shared by the processes that run it as one group: a run of its own for each partition of its topics.
///
/// A share reads the partition of its number of every topic that the pipeline reads, and writes that of every topic that it writes, with
/// checkpoints of its own. What comes of it depends on nothing else, so it does not matter who has it, or how often it changes hands: whoever
/// is given it goes on from its last checkpoint. A share that has come to its end is committed as such in the group; a process ends when all
/// are.
struct SharedWork: Sendable {
    private let flows: [FlowDescription]
    private let log: any LogStore
    private let group: String
    /// What the checkpoints and the journals of the shares are called, with the number of each behind it.
    private let name: String
    private let parallelism: Int
    private let options: RunOptions
    private let checkpoints: CheckpointOptions
    /// The topics that are read; the partitions of the first one are those that the group gives.
    private let inputs: [String]
    private let outputs: [String]
    /// Tells people what it does.
    private let say: @Sendable (String) -> Void

    /// The shares of this process.
    private let active = ActiveShares()

    /// How often is looked whether the others have come to their end.
    private static let lookInterval = Duration.seconds(1)
    /// How long a share that goes to somebody else may take for a last checkpoint: the others wait for it.
    private static let handOverTime = Duration.seconds(5)
    /// How long the shares of a process that leaves may take.
    private static let leaveTime = Duration.seconds(30)

    /// The newest run of each share that this process has worked on.
    var runs: [PipelineRun] { active.runs }

    private enum Event: Sendable {
        case change(AssignmentChange)
        case ended(Int, Result<Void, any Error>)
        case again(Int)
        case look
        case failed(any Error)
        case stop
    }

    /// The work of some flows.
    /// - Parameters:
    ///   - pipeline: The name of the pipeline.
    ///   - options: How each share is run, but for its checkpoints and its journal.
    ///   - checkpoints: How each keeps checkpoints, whatever they are called.
    /// - Throws: `EngineError` where the flows have a mistake, or their work cannot be shared.
    init(
        _ flows: [FlowDescription], of pipeline: String, as group: String, in log: any LogStore, parallelism: Int,
        options: RunOptions, checkpoints: CheckpointOptions, say: @escaping @Sendable (String) -> Void
    ) throws {
        (inputs, outputs) = try PhysicalPlan(flows, parallelism: parallelism).topicsToShare()
        self.flows = flows
        self.log = log
        self.group = group
        name = "\(pipeline).\(group)"
        self.parallelism = parallelism
        self.options = options
        self.checkpoints = checkpoints
        self.say = say
    }

    /// Works until all shares are done.
    /// - Parameter stops: Yields where the user stops the process: then what it has is left to others.
    /// - Throws: `RunStopped` then; what went wrong in a share and does not pass by itself; `LogError` of the group.
    func run(until stops: AsyncStream<Void>) async throws {
        let shares = try await countShares()
        let membership = try await log.join(group, as: GroupMember(topics: [inputs[0]]))
        let (events, sender) = AsyncStream.makeStream(of: Event.self)
        let helpers = [
            Task {
                for await _ in stops {}
                if !Task.isCancelled { sender.yield(.stop) }
            },
            Task { while (try? await Task.sleep(for: Self.lookInterval)) != nil { sender.yield(.look) } },
        ]
        defer { for helper in helpers { helper.cancel() } }
        do {
            try await work(membership, shares, active, events, sender)
        } catch {
            await active.stopAll(checkpointTime: error is RunStopped ? Self.leaveTime : .zero)
            try? await membership.leave()
            throw error
        }
        try await membership.leave()
    }

    private func work(
        _ membership: any GroupMembership, _ shares: Int, _ active: ActiveShares, _ events: AsyncStream<Event>,
        _ sender: AsyncStream<Event>.Continuation
    ) async throws {
        waitForChange(membership, sender)
        for await event in events {
            switch event {
            case .change(.assigned(let partitions)):
                let known = try await membership.committed(partitions)
                for partition in partitions where known[partition] == nil {
                    begin(partition.partition, of: shares, active, sender)
                }
                waitForChange(membership, sender)
            case .change(.revoked(let partitions)):
                await withTaskGroup(of: Void.self) { group in
                    for partition in partitions {
                        group.addTask { await active.stop(partition.partition, checkpointTime: Self.handOverTime) }
                    }
                }
                await membership.release(partitions)
                waitForChange(membership, sender)
            case .change(.lost(let partitions)):
                for partition in partitions { await active.stop(partition.partition) }
                waitForChange(membership, sender)
            case .again(let share):
                if active.isWaiting(share) { begin(share, of: shares, active, sender) }
            case .ended(let share, .success):
                guard active.forget(share) else { continue }
                let partition = TopicPartition(inputs[0], share)
                let end = try await log.describe(inputs[0]).partitions[share].nextOffset
                // Where another process has it meanwhile, that one finds it done, too.
                do throws(LogError) { try await membership.commit([partition: end]) } catch {
                    guard error.code == .producerFenced else { throw error }
                }
                say("share \(share) of \(shares) is done")
            case .ended(let share, .failure(let error)):
                guard active.forget(share) else { continue }
                guard Self.mayPass(error), active.mayTryAgain(share) else { throw error }
                say("share \(share) of \(shares) begins again from its last checkpoint: \(error)")
                active.wait(share) { sender.yield(.again(share)) }
            case .look:
                guard active.isEmpty else { continue }
                let all = (0..<shares).map { TopicPartition(inputs[0], $0) }
                if try await membership.committed(all).count == shares { return }
            case .failed(let error): throw error
            case .stop: throw RunStopped()
            }
        }
    }

    /// Whether it may go well later: a broker comes back, a partition is given up by who had it.
    private static func mayPass(_ error: any Error) -> Bool {
        let category = (error as? any Diagnostic)?.category
        return category == .temporary || category == .unavailable
    }

    private func waitForChange(_ membership: any GroupMembership, _ sender: AsyncStream<Event>.Continuation) {
        Task {
            do { sender.yield(.change(try await membership.nextChange())) } catch { sender.yield(.failed(error)) }
        }
    }

    private func begin(
        _ share: Int, of shares: Int, _ active: ActiveShares, _ sender: AsyncStream<Event>.Continuation
    ) {
        say("takes share \(share) of \(shares)")
        let view = ShareOfLog(log, share, of: shares, topics: Set(inputs + outputs))
        active.begin(share) {
            try await makeRun(share, view) { active.cameFurther(share) }
        } remark: { [say] text in
            say("warning: share \(share) of \(shares): \(text)")
        } ended: {
            sender.yield(.ended(share, $0))
        }
    }

    /// The run of a share; nil where there is nothing left to do.
    private func makeRun(
        _ share: Int, _ view: ShareOfLog, _ cameFurther: @escaping @Sendable () -> Void
    ) async throws -> PipelineRun? {
        let plan = try await PhysicalPlan(flows, parallelism: parallelism, log: view)
        var options = options
        options.spillDirectory = options.spillDirectory.map { "\($0)/\(share)" }
        var checkpoints = checkpoints
        checkpoints.name = "\(name).\(share)"
        checkpoints.whenKept = { _ in cameFurther() }
        // Whoever had it may have died between the end and saying so.
        if try await PhysicalPlan.hasEnded(checkpoints, log: view) { return nil }
        options.checkpoints = checkpoints
        options.journal = plan.needsJournal ? .writing("\(name).\(share)") : nil
        return PipelineRun(plan, options: options, log: view)
    }

    private func countShares() async throws -> Int {
        var counts: [(topic: String, count: Int)] = []
        for topic in inputs { counts.append((topic, try await log.describe(topic).partitions.count)) }
        guard let first = counts.first else {
            throw EngineError.option(
                problem: "the pipeline reads no topic, so there is nothing to share",
                hint: "run it without --share, or begin with From(Topic(\"name\"), disorder: …)")
        }
        if let other = counts.first(where: { $0.count != first.count }) {
            throw EngineError.option(
                problem:
                    "the topic \(first.topic) has \(first.count) partitions and \(other.topic) has \(other.count): what is shared has as many in all",
                hint: "make the topics with the same number of partitions")
        }
        return first.count
    }
}
