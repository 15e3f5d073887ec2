internal import PenstockEvents

/// How far time has come while sources were idle: what their events are measured against when they have some again.
///
/// A stage that merges several inputs does not wait for one whose sources are all idle. Before it lets time come further without it, it says so
/// here; and a source that comes back asks here how far that was, by all stages behind it, before it hands anything on. From then on no stage
/// lets time come further before it has seen what the source has sent. So one instant says for all stages, however many instances they have,
/// which events are behind, and a journal can keep it.
final class IdleSources: Sendable {
    private struct Source {
        var isIdle = false
        /// How far stages have let time come without it.
        var reached: Int64
    }

    /// By the number of a stage the sources from which its events come that may be idle.
    private let above: [[Int]]
    private let sources: Guarded<[Int: Source]>

    /// Nil for a plan in which no source may be idle.
    /// - Parameter restored: What the run begins with: no stage had let time come further than to the furthest source.
    init?(_ plan: PhysicalPlan, _ restored: StageState?) {
        let idle = plan.stages.filter { $0.reading.idleAfter != nil }.map(\.index)
        guard !idle.isEmpty else { return nil }
        let reached = plan.stages.compactMap { restored?.reached(by: $0) }.max() ?? .min
        sources = Guarded(Dictionary(uniqueKeysWithValues: idle.map { ($0, Source(reached: reached)) }))
        var above: [[Int]] = plan.stages.map { idle.contains($0.index) ? [$0.index] : [] }
        // Edges point to higher numbers.
        for edge in plan.edges.sorted(by: { ($0.to, $0.from) < ($1.to, $1.from) }) {
            above[edge.to] += above[edge.from].filter { !above[edge.to].contains($0) }
        }
        self.above = above
    }

    /// The sources from which the events of a stage come.
    func sources(above stage: Int) -> [Int] { above[stage] }

    // MARK: Sources

    /// A source has nothing to read.
    func setIdle(_ source: Int) { sources.withLock { $0[source]?.isIdle = true } }

    /// A source has something again: how far time has come without it.
    func comeBack(_ source: Int) -> Timestamp {
        sources.withLock { sources in
            sources[source]?.isIdle = false
            return Timestamp(nanoseconds: sources[source]?.reached ?? .min)
        }
    }

    // MARK: Stages

    /// How far a stage may let time come towards `time` without waiting for some sources. One that has come back is on its way to the stage.
    func raise(to time: Timestamp, without idle: [Int]) -> Timestamp {
        sources.withLock { sources in
            var reached = time.nanoseconds
            for number in idle {
                guard let source = sources[number], !source.isIdle else { continue }
                reached = min(reached, source.reached)
            }
            for number in idle {
                guard var source = sources[number] else { continue }
                source.reached = max(source.reached, reached)
                sources[number] = source
            }
            return Timestamp(nanoseconds: reached)
        }
    }
}

extension StageState {
    /// How far time had come in a stage's source.
    fileprivate func reached(by stage: PhysicalStage) -> Int64? {
        guard let name = stage.input.sourceName else { return nil }
        let disorder: Disorder
        switch stage.input {
        case .source(_, let source): disorder = source.disorder
        case .topic(_, _, _, let stated, _): disorder = stated
        case .channels: return nil
        }
        return (0..<stage.partitions).compactMap { partition in
            chunks[StateOwner(stage: name, part: .source(partition: partition))]?.first.flatMap { chunk in
                SourcePartition.watermark(in: chunk, stage.clocked?.disorder ?? disorder)?.nanoseconds
            }
        }.max()
    }
}
