internal import Foundation

/// What earlier runs of a pipeline have used: the rates by which the time of another one is expected.
public struct MeasuredRuns: Sendable, Hashable {
    /// One of them.
    public struct Run: Sendable, Hashable {
        /// Its id.
        public let name: String
        /// Events that its sources have read.
        public let events: Int
        /// How many seconds it took.
        public let seconds: Double
        /// How many seconds processors were busy with it.
        public let processorSeconds: Double
        /// The most memory of a process.
        public let peakBytes: Int
        /// Cores that it had of each node.
        public let cores: Int
        /// Nodes that it had.
        public let nodes: Int
    }

    /// The completed ones, the newest first.
    public let runs: [Run]

    /// The newest runs of a pipeline in a folder that were completed in a single attempt.
    public init(of pipeline: String, in folder: String, atMost limit: Int = 20) {
        var found: [(Date, Run)] = []
        for folder in RunList(in: folder).all {
            // What is damaged is told by `status`.
            guard let manifest = try? folder.manifest(), manifest.pipeline == pipeline, manifest.sweep == nil,
                let record = try? folder.status(), record.outcome == .completed, record.attempt == 1,
                let ended = record.ended, let members = try? folder.members(), record.events > 0
            else { continue }
            let run = Run(
                name: folder.name, events: record.events, seconds: ended.timeIntervalSince(record.started),
                processorSeconds: members.reduce(0) { $0 + $1.processorSeconds },
                peakBytes: members.map(\.peakBytes).max() ?? 0, cores: manifest.spec.resources.coresPerNode,
                nodes: manifest.spec.resources.nodeCount)
            found.append((record.started, run))
        }
        runs = Array(found.sorted { ($1.0, $1.1.name) < ($0.0, $0.1.name) }.prefix(limit).map(\.1))
    }

    /// The most memory that a process of one of them had; nil without any.
    public var peakBytes: Int? { runs.map(\.peakBytes).max() }

    /// How long so many events will take on so many cores, by the slowest rate that was measured: as long as the processors are busy with an
    /// event, and the time beside that which no further core makes less. Nil where nothing was measured.
    public func seconds(for events: Int, cores: Int) -> Double? {
        runs.map { run in
            let share = Double(events) / Double(run.events)
            let busy = run.processorSeconds / Double(max(1, min(cores, run.cores * run.nodes)))
            return share * max(busy, min(run.seconds, run.processorSeconds))
        }.max()
    }
}
