internal import Foundation
internal import PenstockBatch
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
            beat.events = figures.reduce(0) { $0 + $1.sourceEvents }
            beat.counts = progress.reduce(into: [:]) { $0.merge($1.counts, uniquingKeysWith: +) }
            beat.processorSeconds = usage.processorSeconds
            beat.peakBytes = usage.peakBytes
            (beat.hasStopped, beat.isDone) = (hasStopped, isDone)
            return beat
        }
        // What cannot be written now is written the next time.
        try? folder.write(beat)
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
