internal import Foundation
internal import PenstockBatch
internal import PenstockCommands
internal import PenstockEngine
internal import PenstockEvents

/// A process that works on a run for a job: it says in the run's folder how it is.
struct RunMember: Sendable {
    /// The exit status behind a stop with a checkpoint, from which another job goes on.
    static let handedOver: Int32 = 75
    /// How often a checkpoint is kept where the user does not say.
    static let checkpointInterval = Duration.seconds(60)
    private static let beatInterval = Duration.seconds(2)

    private let folder: RunFolder
    private let beat: Guarded<MemberBeat>

    init(_ folder: String, name: String) {
        self.folder = RunFolder(folder)
        beat = Guarded(
            MemberBeat(member: name, host: ProcessInfo.processInfo.hostName, process: getpid()))
    }

    /// What the run's checkpoints are called: as the run, so that two runs of a pipeline in one log do not meet.
    var checkpointName: String {
        // A task of a sweep has a folder below that of its run.
        let parent = URL(fileURLWithPath: folder.path).deletingLastPathComponent()
        guard parent.lastPathComponent == "tasks" else { return folder.name }
        return "\(parent.deletingLastPathComponent().lastPathComponent)-\(folder.name)"
    }

    /// Says how the process is until the task is cancelled.
    func follow(_ run: PipelineRun) async {
        while !Task.isCancelled {
            tell(run)
            try? await Task.sleep(for: Self.beatInterval)
        }
    }

    /// Says how the process is.
    /// - Parameters:
    ///   - hasStopped: Whether it has stopped with a checkpoint.
    ///   - hasCompleted: Whether its work is done.
    func tell(_ run: PipelineRun, hasStopped: Bool = false, hasCompleted: Bool = false) {
        let figures = run.figures
        let progress = run.progress
        let usage = ProcessUsage.own
        let beat = beat.withLock { beat in
            beat.beat = Date()
            beat.count += 1
            beat.checkpoint = progress.lastCheckpoint
            beat.restored = progress.restoredCheckpoint
            beat.longestCheckpoint = (figures?.checkpoints?.longestDuration ?? .zero) / .seconds(1)
            beat.events = figures?.sourceEvents ?? 0
            beat.counts = progress.counts
            beat.processorSeconds = usage.processorSeconds
            beat.peakBytes = usage.peakBytes
            beat.hasStopped = hasStopped
            beat.hasCompleted = hasCompleted
            return beat
        }
        // What cannot be written now is written the next time.
        try? folder.write(beat)
    }

    /// Writes down what the run has read and made: first what there is, then, as that may take long, with checksums.
    /// - Parameter known: Checksums that nobody has to find again.
    func keepFiles<P: Pipeline>(of pipeline: P, known: [String: String], log: RunFiles.Log?) {
        let directory = FileManager.default.currentDirectoryPath
        var files = RunFiles(
            inputs: pipeline.namedPaths.read, outputs: pipeline.namedPaths.made, known: known, directory: directory,
            log: log)
        do {
            try folder.write(files)
            files.addChecksums(directory: directory)
            try folder.write(files)
        } catch {
            StandardError.write("warning: the run's folder does not tell what was made: \(error.summary)\n")
        }
    }
}

extension Pipeline {
    /// What it reads and makes, as far as it was given.
    var namedPaths: (read: [NamedPath], made: [NamedPath]) {
        func paths(_ pairs: KeyValuePairs<String, String?>) -> [NamedPath] {
            pairs.compactMap { option, path in path.map { NamedPath(option, $0) } }
        }
        return (paths(filesRead), paths(filesMade))
    }
}

extension RunMember {
    /// Writes down what the pipeline found and said.
    func keep(_ record: RunRecord, lines: [String]) {
        let report = PipelineReport(
            scan: record.scan.number, facts: record.facts, counts: record.counts, warnings: record.warnings,
            lines: lines)
        do { try folder.write(report) } catch {
            StandardError.write("warning: the run's folder does not tell what was found: \(error.summary)\n")
        }
    }
}

extension RunFigures {
    /// Events that the sources have read: what went into, or came out of, stages that no other one sends to.
    fileprivate var sourceEvents: Int {
        let fed = Set(edges.map(\.to.stage))
        return stages.reduce(0) { fed.contains($1.index) ? $0 : $0 + max($1.eventsIn, $1.eventsOut) }
    }
}

/// What this process has used of the machine.
struct ProcessUsage {
    let processorSeconds: Double
    let peakBytes: Int

    static var own: ProcessUsage {
        var usage = rusage()
        getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage)
        func seconds(_ time: timeval) -> Double { Double(time.tv_sec) + Double(time.tv_usec) / 1e6 }
        // Linux counts in KiB.
        return ProcessUsage(
            processorSeconds: seconds(usage.ru_utime) + seconds(usage.ru_stime), peakBytes: usage.ru_maxrss * 1024)
    }
}
