internal import Foundation
internal import PenstockEvents

/// One run of the pipeline by one job: the process, the clock, and the records of both.
struct Attempt {
    /// How often the record is written.
    static let beatInterval = Duration.seconds(2)
    /// The exit status of a pipeline that has stopped with a checkpoint.
    static let handedOverStatus = 75
    private static let lookInterval = Duration.milliseconds(50)

    var record: StatusRecord
    private let manifest: RunManifest
    private let home: RunFolder
    private let folder: RunFolder
    private let environment: JobEnvironment
    private let wishes: JobWishes
    private let say: @Sendable (String) -> Void
    private var deadline: Deadline
    /// The longest checkpoint of a member, in seconds.
    private var longestCheckpoint = 0.0

    init(
        _ manifest: RunManifest, home: RunFolder, folder: RunFolder, environment: JobEnvironment, number: Int,
        stalls: Int, wishes: JobWishes, say: @escaping @Sendable (String) -> Void
    ) {
        self.manifest = manifest
        self.home = home
        self.folder = folder
        self.environment = environment
        self.wishes = wishes
        self.say = say
        deadline = Deadline(
            start: Date(), walltime: manifest.spec.attributes.duration, grace: manifest.chain.graceSeconds)
        record = StatusRecord(
            run: manifest.run, attempt: number, jobID: environment.id, host: environment.node, started: Date(),
            deadline: deadline.end, stalls: stalls)
    }

    /// Ends the attempt before it has begun.
    mutating func refuse(_ problem: String, _ queue: JobQueue) async throws(BatchError) -> Int {
        say("error: \(problem)")
        (record.outcome, record.reason, record.exit, record.ended) = (.failed, problem, 78, Date())
        try folder.end(record)
        await queue.cancelOthers(than: environment.id)
        return 78
    }

    /// Runs the pipeline.
    /// - Parameter endTime: Asks the scheduler when the job ends.
    /// - Returns: The exit status of the batch script.
    mutating func run(endTime: @escaping @Sendable () async -> Date?) async throws(BatchError) -> Int {
        folder.removeMembers()
        let command = manifest.command.joined(separator: " ")
        say("attempt \(record.attempt) of \(manifest.run): \(manifest.pipeline) \(command)")
        let crew = Crew()
        let plan = try plan()
        let watch = Watch(self, crew, plan.drainSignal, endTime: endTime)
        let watching = Task {
            while !Task.isCancelled {
                await watch.look()
                try? await Task.sleep(for: Self.lookInterval)
            }
        }
        let result: Result<WatchedProcess.End, BatchError>
        do throws(BatchError) { result = .success(try await work(crew, plan)) } catch { result = .failure(error) }
        watching.cancel()
        await watching.value
        record = await watch.record
        switch result {
        case .success(let end): conclude(end, wasAsked: await watch.isDraining)
        case .failure(let error):
            take(folder)
            (record.outcome, record.exit, record.reason) = (.failed, Int(error.category.rawValue), error.summary)
            say("error: \(error.summary)")
        }
        record.ended = Date()
        record.beat = Date()
        try folder.end(record)
        let why = record.reason.map { ": \($0)" } ?? ""
        say("attempt \(record.attempt) of \(manifest.run): \(record.outcome.rawValue)\(why)")
        switch record.outcome {
        case .completed, .handedOver, .canceled, .running: return 0
        case .failed: return record.exit ?? 128 + (record.signal ?? 0)
        }
    }

    /// The file with what the pipeline prints, without its ending.
    private var output: String { folder("log/\(RunFolder.number(record.attempt)).\(environment.node)") }

    /// What is started: what the user wrote, and where it says how it is.
    private func plan() throws(BatchError) -> Crew.Plan {
        let program = [environment.program(of: manifest)]
        guard manifest.isShared else {
            var plan = Crew.Plan(workers: [program + manifest.command + arguments], output: output)
            // Tasks make outputs of the same names: each in its own folder.
            if manifest.sweep != nil { plan.directory = folder.path }
            return plan
        }
        return try SharedJob(manifest, folder, environment, attempt: record.attempt).plan(output: output)
    }

    private func work(_ crew: Crew, _ plan: Crew.Plan) async throws(BatchError) -> WatchedProcess.End {
        guard manifest.isShared else { return try await crew.work(plan) }
        return try await SharedJob(manifest, folder, environment, attempt: record.attempt).run(crew, plan)
    }

    /// What the pipeline is called with: what the user wrote, where it keeps checkpoints, and where it says how it is.
    private var arguments: [String] {
        var own = ["--run-folder", folder.path, "--member", environment.node]
        if let sweep = manifest.sweep {
            own = sweep.arguments(of: environment.index ?? 0, in: manifest.spec.directory) + own
        }
        // Behind `--` nothing is an option any more.
        let end = manifest.arguments.firstIndex(of: "--") ?? manifest.arguments.endIndex
        return manifest.arguments[..<end] + own + manifest.arguments[end...]
    }

    private mutating func conclude(_ end: WatchedProcess.End, wasAsked: Bool) {
        take(folder)
        let members = (try? folder.members()) ?? []
        let hasStopped = members.contains { $0.hasStopped }
        // Of several members one may have failed: its work was done by the others. What ends one behind its work costs checksums of what it has
        // made, and nothing else.
        let end = members.contains { $0.isDone } ? .exit(0) : end
        let isCanceled = folder.isCanceled || home.isCanceled
        switch end {
        case .exit(0):
            record.outcome = .completed
            record.reason = nil
        case .exit(Self.handedOverStatus) where hasStopped && isCanceled:
            (record.outcome, record.reason) = (.canceled, "cancel")
        case .exit(Self.handedOverStatus) where hasStopped:
            record.outcome = .handedOver
            record.reason = record.reason ?? "signal"
        case .exit(let status):
            record.exit = status
            record.outcome = isCanceled ? .canceled : .failed
            record.reason = PrintedError.last(in: "\(output).out") ?? "it ended with status \(status)"
        case .signal(let number):
            record.signal = number
            record.outcome = isCanceled ? .canceled : wasAsked ? .handedOver : .failed
            let what = "signal \(number) ended it"
            record.reason = wasAsked ? "\(record.reason ?? "signal"); \(what) before its last checkpoint" : what
        }
        if record.outcome == .completed { record.exit = 0 }
    }

    /// Takes what the members say into the record.
    private mutating func take(_ folder: RunFolder) {
        let members = (try? folder.members()) ?? []
        guard !members.isEmpty else { return }
        longestCheckpoint = members.map(\.longestCheckpoint).max() ?? 0
        record.members = members.count
        record.checkpoint = members.compactMap(\.checkpoint).max()
        record.restored = members.compactMap(\.restored).max()
        record.events = members.reduce(0) { $0 + $1.events }
        record.processorSeconds = members.reduce(0) { $0 + $1.processorSeconds }
        record.peakBytes = members.map(\.peakBytes).max()
        record.counts = members.reduce(into: [:]) { $0.merge($1.counts) { $0 + $1 } }
        if record.phase == .starting { record.phase = .active }
    }

    /// What is done while the pipeline runs.
    private actor Watch {
        private var attempt: Attempt
        private let crew: Crew
        private let drainSignal: Int32
        private let endTime: @Sendable () async -> Date?
        private var looks = -1
        private var nextBeat = ContinuousClock.now
        /// When is looked next whether somebody wants the run to end: a file, perhaps on another machine.
        private var nextSearch = ContinuousClock.now
        private(set) var isDraining = false
        private var hasKilled = false
        private var asking: Task<Date?, Never>?

        init(_ attempt: Attempt, _ crew: Crew, _ drainSignal: Int32, endTime: @escaping @Sendable () async -> Date?) {
            self.attempt = attempt
            self.crew = crew
            self.drainSignal = drainSignal
            self.endTime = endTime
        }

        var record: StatusRecord { attempt.record }

        func look() async {
            await hearEndTime()
            if !isDraining, let reason = reasonToDrain {
                isDraining = true
                attempt.record.reason = reason
                attempt.record.phase = .draining
                attempt.say("attempt \(attempt.record.attempt): \(reason): asks for the last checkpoint")
                nextBeat = .now
                crew.drain(by: drainSignal)
            }
            if !hasKilled, Date() >= attempt.deadline.last {
                hasKilled = true
                attempt.say(
                    "attempt \(attempt.record.attempt): the last checkpoint has taken too long: ends the pipeline")
                crew.kill()
            }
            guard ContinuousClock.now >= nextBeat else { return }
            nextBeat = .now + Attempt.beatInterval
            let phase = attempt.record.phase
            attempt.take(attempt.folder)
            if isDraining { attempt.record.phase = phase }
            attempt.record.beat = Date()
            attempt.record.deadline = attempt.deadline.end
            // Where the folder cannot be written now, it may be later; the pipeline has its own way to find out.
            try? attempt.folder.write(attempt.record)
        }

        private var reasonToDrain: String? {
            if Date() >= attempt.deadline.drain(longestCheckpoint: attempt.longestCheckpoint) { return "walltime" }
            let isAsked = attempt.wishes.isDraining
            guard isAsked || ContinuousClock.now >= nextSearch else { return nil }
            nextSearch = .now + .seconds(1)
            if attempt.folder.isCanceled || attempt.home.isCanceled { return "cancel" }
            return isAsked ? "signal" : nil
        }

        /// Asks the scheduler at the beginning and at each signal that may be about the clock, and goes on meanwhile.
        private func hearEndTime() async {
            if looks != attempt.wishes.looks, asking == nil {
                looks = attempt.wishes.looks
                asking = Task { [endTime] in await endTime() }
                Task {
                    let end = await asking?.value ?? nil
                    if let end { attempt.deadline.hear(end) }
                    asking = nil
                }
            }
        }
    }
}
