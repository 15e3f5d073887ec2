internal import ArgumentParser
internal import Foundation
internal import Logging
internal import PenstockCommands
internal import PenstockEngine
internal import PenstockEvents
internal import PenstockLog

/// A run or a replay of a pipeline from the command line: plan, log, signals, progress, summary.
struct PipelineExecution<P: Pipeline> {
    private let pipeline: P
    private let verb: PipelineVerb
    private let settings: RunSettings
    private let stats: StatsSettings
    private let reading: RunOptions.Reading
    private let topic: String?
    private let checkpoints: CheckpointOptions?
    /// The savepoint to take where the user stops the run.
    var savepointAtStop: String?
    /// Where the run keeps what no replay can compute, or takes it from.
    var journal: JournalOptions?
    /// Which records a replay reads; nil for all.
    var replayBounds: ReplayBounds?
    /// Whether a run that the user stops comes to its end where it is.
    var drainsAtStop = false
    /// The process as part of a job's run; nil outside of a job.
    var member: RunMember?
    /// Whether an earlier process of the same run may have come to the end of its work, and died before anybody was told.
    var mayHaveEnded = false

    init(
        _ pipeline: P, _ verb: PipelineVerb, _ settings: RunSettings, _ stats: StatsSettings,
        reading: RunOptions.Reading, topic: String? = nil, checkpoints: CheckpointOptions? = nil
    ) {
        self.stats = stats
        self.pipeline = pipeline
        self.verb = verb
        self.settings = settings
        self.reading = reading
        self.topic = topic
        self.checkpoints = checkpoints
    }

    func run() async throws {
        try pipeline.check(verb)
        let flows = pipeline.flows()
        var plan = try PhysicalPlan(flows, parallelism: settings.parallelism, isReplay: verb == .replay)
        if verb == .replay { try checkTopic(plan) }
        let logger = settings.logger
        let usesJournal = journal != nil && (plan.needsJournal || verb == .replay)
        let log = plan.usesTopics || checkpoints != nil || usesJournal ? try await openLog(logger) : nil
        if let log {
            plan = try await PhysicalPlan(
                flows, parallelism: settings.parallelism, isReplay: verb == .replay, log: log)
        }
        if mayHaveEnded, let log, let checkpoints, try await PhysicalPlan.hasEnded(checkpoints, log: log) {
            member?.tell([], isDone: true)
            if !settings.quiet { StandardError.write("the work was done before: an earlier job came to its end\n") }
            return
        }
        var options = RunOptions(
            batchEvents: settings.batchSize, overwrite: settings.overwrite, reading: reading,
            topicDurability: settings.durability, checkpoints: checkpoints,
            spillDirectory: try settings.spillDirectory(usesLog: log != nil))
        options.journal = journal
        options.replayBounds = replayBounds
        let run = PipelineRun(plan, options: options, log: log)
        let started = SystemWallClock().now()
        logger.info("\(verb.rawValue) begins with \(plan.stages.count) stages")
        let scan: ScanID
        do {
            scan = try await withProgress(run)
        } catch is RunStopped {
            sayCheckpoints(run)
            sayStopped(run)
            member?.tell([run], hasStopped: true)
            throw ExitCode(member == nil ? FailureReport.interrupted : RunMember.handedOver)
        }
        sayCheckpoints(run)
        member?.tell([run])
        let record = record(run, scan, started, usesLog: log != nil)
        let lines = try pipeline.report(record) + generalLines(run)
        if let member {
            member.keep(record, lines: lines)
            member.tell([run], isDone: true)
            await member.keepFiles(of: pipeline, known: pipeline.checksums(record), plan, log)
        }
        guard !settings.quiet else { return }
        for warning in record.warnings { StandardError.write("warning: \(warning)\n") }
        sayFigures(run)
        for line in lines { FileHandle.standardOutput.write(Data((line + "\n").utf8)) }
    }

    /// Runs the pipeline together with others that run it as the same group.
    func run(sharedAs group: String, interval: Duration?, _ attempts: Int?) async throws {
        try pipeline.check(verb)
        let log = try await openLog(settings.logger)
        var checkpoints = CheckpointOptions(name: group, restoring: .last)
        checkpoints.interval = interval ?? .seconds(1)
        checkpoints.attempts = attempts
        let work = try SharedWork(
            pipeline.flows(), of: "\(P.self)", as: group, in: log, parallelism: settings.parallelism,
            options: RunOptions(
                batchEvents: settings.batchSize, overwrite: settings.overwrite, topicDurability: settings.durability,
                spillDirectory: try settings.spillDirectory(usesLog: true)),
            checkpoints: checkpoints
        ) { [quiet = settings.quiet] text in
            if !quiet { StandardError.write(text + "\n") }
        }
        let (stops, stop) = AsyncStream<Void>.makeStream()
        // A launcher may take TERM for itself, and passes USR1 on.
        let signals = StopSignals(member == nil ? StopSignals.all : StopSignals.all + [SIGUSR1], again: member != nil) {
            stop.finish()
        }
        let beating = Task { [member] in await member?.follow { work.runs } }
        defer {
            signals.cancel()
            beating.cancel()
        }
        do {
            try await work.run(until: stops)
            member?.tell(work.runs, isDone: true)
            let plan = try PhysicalPlan(pipeline.flows(), parallelism: settings.parallelism)
            await member?.keepFiles(of: pipeline, plan, log, isShared: true)
        } catch is RunStopped {
            member?.tell(work.runs, hasStopped: true)
            if !settings.quiet { StandardError.write("stopped; what is left of its shares goes to others\n") }
            throw ExitCode(member == nil ? FailureReport.interrupted : RunMember.handedOver)
        }
    }

    // MARK: Log

    private func openLog(_ logger: Logger) async throws -> any LogStore {
        let log = try await LogLocation(settings.log).open(creating: verb == .run, for: "\(P.self)")
        logger.debug("opened the log in \(settings.log)")
        return log
    }

    private func checkTopic(_ plan: PhysicalPlan) throws {
        let persisted = plan.persistedTopics
        guard !persisted.isEmpty || journal != nil else {
            throw EngineError.option(
                problem: "\(P.self) records nothing, so there is nothing to replay",
                hint: "put Persist(topic: \"name\") into a flow")
        }
        guard let topic, !persisted.contains(topic) else { return }
        throw EngineError.option(
            problem: "\(P.self) does not record a topic \"\(topic)\"",
            hint: "it records \(persisted.joined(separator: ", "))")
    }

    // MARK: Running

    private func withProgress(_ run: PipelineRun) async throws -> ScanID {
        let signals = StopSignals(again: member != nil) { [savepointAtStop, drainsAtStop, isMember = member != nil] in
            if isMember {
                run.stopAtCheckpoint()
            } else if drainsAtStop {
                run.drain()
            } else if let savepointAtStop {
                run.stop(savepoint: savepointAtStop)
            } else {
                run.stop()
            }
        }
        defer { signals.cancel() }
        // Only one of them has the terminal.
        let hidesProgress = settings.quiet || stats.style != nil
        let reporter = ProgressReporter(settings.progress, quiet: hidesProgress, run.progress)
        let following = Task { await reporter.follow() }
        let figures = StatsReporter(stats.style, every: stats.interval, run, pipeline: "\(P.self)")
        let telling = Task { await figures.follow() }
        let beating = Task { [member] in await member?.follow { [run] } }
        defer {
            following.cancel()
            telling.cancel()
            beating.cancel()
            reporter.finish()
            figures.finish()
        }
        return try await run.run()
    }

    private func record(_ run: PipelineRun, _ scan: ScanID, _ started: Timestamp, usesLog: Bool) -> RunRecord {
        var facts: [String: String] = [:]
        var warnings: [String] = []
        for remark in run.progress.remarks {
            switch remark {
            case .fact(let name, let value): facts[name] = value
            case .warning(let text): warnings.append(text)
            }
        }
        return RunRecord(
            verb: verb, scan: scan, parameters: pipeline.parameters, log: usesLog ? settings.log : nil,
            counts: run.progress.counts, properties: run.progress.properties, facts: facts, warnings: warnings,
            started: started, ended: SystemWallClock().now())
    }

    // MARK: Telling

    private func generalLines(_ run: PipelineRun) -> [String] {
        let figures = run.figures?.stages.flatMap(\.operators) ?? []
        return run.progress.operators.sorted { $0.key < $1.key }.flatMap { stage, statistics in
            var lines: [String] = []
            if statistics.lateEvents > 0 {
                let origins = figures.first { $0.name == stage }.flatMap(RunSummary.origins) ?? ""
                lines.append("\(stage): \(statistics.lateEvents) late events\(origins)")
            }
            if statistics.lateWindows > 0 {
                lines.append("\(stage): \(statistics.lateWindows) windows missed by events")
            }
            if statistics.outsideEvents > 0 {
                lines.append("\(stage): \(statistics.outsideEvents) events outside of all windows")
            }
            if statistics.futureEvents > 0 {
                lines.append("\(stage): \(statistics.futureEvents) events too far in the future")
            }
            if statistics.droppedEvents > 0 { lines.append("\(stage): \(statistics.droppedEvents) events dropped") }
            if statistics.skippedEvents > 0 {
                lines.append("\(stage): \(statistics.skippedEvents) events left out because the stage failed for them")
            }
            if let answers = RunSummary.answers(statistics) { lines.append("\(stage): \(answers)") }
            return lines
        }
    }

    private func sayFigures(_ run: PipelineRun) {
        for line in run.figures.map({ RunSummary($0).lines }) ?? [] { StandardError.write(line + "\n") }
    }

    private func sayCheckpoints(_ run: PipelineRun) {
        guard !settings.quiet else { return }
        if let epoch = run.progress.restoredCheckpoint {
            StandardError.write("went on from checkpoint \(epoch) in \(settings.log)\n")
        }
        if verb == .run, let number = run.progress.journaledRun {
            StandardError.write(
                "kept a journal in \(settings.log): `\(P.command) replay --of \(number)` repeats this run\n")
        }
        for name in run.progress.savepoints { StandardError.write("kept the savepoint \(name) in \(settings.log)\n") }
    }

    private func sayStopped(_ run: PipelineRun) {
        guard !settings.quiet else { return }
        let recorded = run.progress.counts.filter { $0.key.hasSuffix("_acknowledged") }.sorted { $0.key < $1.key }
        let what = recorded.map { "\($0.value) \($0.key.dropLast("_acknowledged".count))" }.joined(separator: ", ")
        let done = recorded.isEmpty ? "" : "; \(what) recorded in \(settings.log): `\(P.command) replay` works on them"
        StandardError.write("stopped\(done)\n")
        sayFigures(run)
    }
}
