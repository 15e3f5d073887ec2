internal import Dispatch
internal import Foundation
internal import Logging
internal import PenstockEngine
internal import PenstockEvents
internal import PenstockLog

/// A run or a replay of a pipeline from the command line: plan, log, signals, progress, summary.
struct PipelineExecution<P: Pipeline> {
    private let pipeline: P
    private let verb: PipelineVerb
    private let settings: RunSettings
    private let reading: RunOptions.Reading
    private let topic: String?

    init(
        _ pipeline: P, _ verb: PipelineVerb, _ settings: RunSettings, reading: RunOptions.Reading, topic: String? = nil
    ) {
        self.pipeline = pipeline
        self.verb = verb
        self.settings = settings
        self.reading = reading
        self.topic = topic
    }

    func run() async throws {
        try pipeline.check(verb)
        let flows = pipeline.flows()
        let plan = try PhysicalPlan(flows, parallelism: settings.parallelism, isReplay: verb == .replay)
        if verb == .replay { try checkTopic(plan) }
        let logger = settings.logger
        let log = plan.usesTopics ? try await openLog(logger) : nil
        let options = RunOptions(
            batchEvents: settings.batchSize, overwrite: settings.overwrite, reading: reading,
            topicDurability: settings.durability)
        let run = PipelineRun(plan, options: options, log: log)
        let started = SystemWallClock().now()
        logger.info("\(verb.rawValue) begins with \(plan.stages.count) stages")
        let scan: ScanID
        do {
            scan = try await withProgress(run)
        } catch {
            if error is RunStopped { sayStopped(run) }
            throw error
        }
        let record = record(run, scan, started, usesLog: log != nil)
        let lines = try pipeline.report(record)
        for warning in record.warnings where !settings.quiet { say("warning: \(warning)", to: .standardError) }
        guard !settings.quiet else { return }
        for line in lines + generalLines(run) { say(line, to: .standardOutput) }
    }

    // MARK: Log

    private func openLog(_ logger: Logger) async throws -> EmbeddedLog {
        let log = try await EmbeddedLog(directory: settings.log, creating: verb == .run)
        logger.debug("opened the log in \(settings.log)")
        return log
    }

    private func checkTopic(_ plan: PhysicalPlan) throws {
        let persisted = plan.persistedTopics
        guard !persisted.isEmpty else {
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
        let signals = StopSignals { run.stop() }
        defer { signals.cancel() }
        let reporter = ProgressReporter(settings.progress, quiet: settings.quiet, run.progress)
        let following = Task { await reporter.follow() }
        defer {
            following.cancel()
            reporter.finish()
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
        run.progress.operators.sorted { $0.key < $1.key }.flatMap { stage, statistics in
            var lines: [String] = []
            if statistics.lateEvents > 0 { lines.append("\(stage): \(statistics.lateEvents) late events") }
            if statistics.lateWindows > 0 {
                lines.append("\(stage): \(statistics.lateWindows) windows missed by events")
            }
            if statistics.outsideEvents > 0 {
                lines.append("\(stage): \(statistics.outsideEvents) events outside of all windows")
            }
            return lines
        }
    }

    private func sayStopped(_ run: PipelineRun) {
        guard !settings.quiet else { return }
        let recorded = run.progress.counts.filter { $0.key.hasSuffix("_acknowledged") }.sorted { $0.key < $1.key }
        let what = recorded.map { "\($0.value) \($0.key.dropLast("_acknowledged".count))" }.joined(separator: ", ")
        say(
            recorded.isEmpty
                ? "stopped" : "stopped; \(what) recorded in \(settings.log): `\(P.self) replay` works on them",
            to: .standardError)
    }

    private func say(_ line: String, to handle: FileHandle) { handle.write(Data((line + "\n").utf8)) }
}

/// SIGINT and SIGTERM as a call; the second one ends the program at once.
private struct StopSignals {
    private let sources: [any DispatchSourceSignal]

    init(_ stop: @escaping @Sendable () -> Void) {
        sources = [SIGINT, SIGTERM].map { number in
            signal(number, SIG_IGN)
            let source = DispatchSource.makeSignalSource(signal: number, queue: .global())
            source.setEventHandler {
                stop()
                signal(number, SIG_DFL)
            }
            // A signal that came before the source is in place would be gone without a trace.
            let isInPlace = DispatchSemaphore(value: 0)
            source.setRegistrationHandler { isInPlace.signal() }
            source.resume()
            isInPlace.wait()
            return source
        }
    }

    func cancel() {
        for source in sources { source.cancel() }
    }
}
