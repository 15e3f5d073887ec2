internal import Foundation

/// What became of a task of a sweep.
struct TaskResult: Sendable {
    let index: Int
    let labels: [String]
    let values: [String]
    let state: JobState
    /// Why it did not come to its end, in words.
    let reason: String?
    /// How long its attempts ran, in seconds; nil where none began.
    let seconds: Double?
    /// Processor time of its attempts, in seconds.
    let processorSeconds: Double?
    /// The most memory that a process of it had, in bytes.
    let peakBytes: Int?
    let counts: [String: Int]
    let facts: [String: String]
    let folder: RunFolder

    init(_ index: Int, _ sweep: Sweep, _ state: JobState, in folder: RunFolder) throws(BatchError) {
        let attempts = try folder.attempts()
        let report = try folder.report()
        self.index = index
        self.state = state
        self.folder = folder
        labels = sweep.labels(of: index)
        values = sweep.tasks[index]
        reason = state == .completed ? nil : attempts.last?.reason
        // One that was killed has said when it was last alive.
        let times = attempts.map { ($0.ended ?? $0.beat).timeIntervalSince($0.started) }
        seconds = times.isEmpty ? nil : times.reduce(0, +)
        let processor = attempts.compactMap(\.processorSeconds)
        processorSeconds = processor.isEmpty ? nil : processor.reduce(0, +)
        peakBytes = attempts.compactMap(\.peakBytes).max()
        counts = report?.counts ?? attempts.last?.counts ?? [:]
        facts = report?.facts ?? [:]
    }
}
