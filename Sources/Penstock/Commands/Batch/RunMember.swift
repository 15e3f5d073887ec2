internal import Foundation
internal import PenstockBatch
internal import PenstockCommands
internal import PenstockEngine
internal import PenstockEvents
internal import PenstockLog

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
        let host = ProcessInfo.processInfo.hostName
        // What a launcher starts everywhere in the same words finds out for itself where it is.
        let variables = ProcessInfo.processInfo.environment
        let place =
            "\(variables["SLURMD_NODENAME"] ?? host)-\(variables["SLURM_PROCID"] ?? variables["PBS_TASKNUM"] ?? "\(getpid())")"
        let member = name.hasSuffix("%") ? name.dropLast() + place : name
        beat = Guarded(MemberBeat(member: member, host: host, process: getpid()))
    }

    /// What the run's checkpoints are called: as the run, so that two runs of a pipeline in one log do not meet.
    var checkpointName: String {
        // A task of a sweep has a folder below that of its run.
        let parent = URL(fileURLWithPath: folder.path).deletingLastPathComponent()
        guard parent.lastPathComponent == "tasks" else { return folder.name }
        return "\(parent.deletingLastPathComponent().lastPathComponent)-\(folder.name)"
    }

    /// The number of the newest checkpoint that earlier attempts of the run have kept; nil for none.
    var keptCheckpoint: UInt64? {
        get throws { try folder.attempts().compactMap { $0.checkpoint ?? $0.restored }.max() }
    }

    /// Says how the process is until the task is cancelled.
    func follow(_ runs: @Sendable () -> [PipelineRun]) async {
        while !Task.isCancelled {
            tell(runs())
            try? await Task.sleep(for: Self.beatInterval)
        }
    }

    /// Says how the process is.
    /// - Parameters:
    ///   - runs: What it works on: the run, or one for each of its shares.
    ///   - hasStopped: Whether it has stopped with a checkpoint.
    ///   - isDone: Whether all work of the run is done.
    func tell(_ runs: [PipelineRun], hasStopped: Bool = false, isDone: Bool = false) {
        let figures = runs.compactMap(\.figures)
        let progress = runs.map(\.progress)
        let usage = ProcessUsage.own
        let beat = beat.withLock { beat in
            beat.beat = Date()
            beat.count += 1
            beat.checkpoint = progress.compactMap(\.lastCheckpoint).max()
            beat.restored = progress.compactMap(\.restoredCheckpoint).max()
            beat.longestCheckpoint =
                figures.compactMap { $0.checkpoints?.longestDuration }.max().map { $0 / .seconds(1) } ?? 0
            beat.events = runs.reduce(0) { $0 + $1.eventsRead }
            beat.counts = progress.reduce(into: [:]) { $0.merge($1.counts, uniquingKeysWith: +) }
            beat.processorSeconds = usage.processorSeconds
            beat.peakBytes = usage.peakBytes
            (beat.hasStopped, beat.isDone) = (hasStopped, isDone)
            return beat
        }
        // What cannot be written now is written the next time.
        try? folder.write(beat)
    }

    /// Writes down what the run has read and made: first what there is, then, as that may take long, with checksums.
    /// - Parameters:
    ///   - known: Checksums that nobody has to find again.
    ///   - isShared: Whether other members do the same: the first one does it for all.
    func keepFiles<P: Pipeline>(
        of pipeline: P, known: [String: String] = [:], _ plan: PhysicalPlan, _ log: (any LogStore)?,
        isShared: Bool = false
    ) async {
        let directory = FileManager.default.currentDirectoryPath
        let paths = pipeline.namedPaths
        var files = RunFiles(inputs: paths.read, outputs: paths.made, known: known, directory: directory)
        if let log {
            let location = (try? folder.home.manifest().log) ?? ""
            files.log = RunFiles.Log(location: location, topics: await plan.ends(in: log))
        }
        do {
            guard try folder.begin(files) || !isShared else { return }
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

extension PhysicalPlan {
    /// Where the plan's topics end; those that cannot be looked at are left out.
    fileprivate func ends(in log: any LogStore) async -> [RunFiles.Topic] {
        var ends: [RunFiles.Topic] = []
        for topic in topics {
            guard let description = try? await log.describe(topic) else { continue }
            ends.append(RunFiles.Topic(name: topic, ends: description.partitions.map(\.nextOffset)))
        }
        return ends
    }
}
