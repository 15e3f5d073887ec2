internal import PenstockEvents

/// Moves a run step by step, for tests: sources that have nothing to give wait here instead of asking again, and the test learns when nothing in
/// the run moves any more.
///
/// The run is what it always is, with its actors, inboxes and checkpoints. Stages are quiet in the order of the plan: one that waits for input
/// with nothing before it stays so once all those before it are quiet. So the test looks at one after the other.
package final class RunSteps: Sendable {
    /// An instance of a stage, as the test sees it.
    struct Part: Sendable {
        let wiring: StageWiring
        let stage: StageActor
    }

    private struct State {
        /// Nil until the stages are open.
        var parts: [Part]?
        var coordinator: CheckpointCoordinator?
        var progress: RunProgress?
        /// How often the sources were woken.
        var round: UInt64 = 0
        /// The sources that wait to be woken, by the numbers of their instances.
        var waiting: [Int: CheckedContinuation<Void, any Error>] = [:]
        var finished: Set<Int> = []
        var isCancelled = false
        var end: Result<Void, any Error>?

        mutating func takeWaiting() -> [CheckedContinuation<Void, any Error>] {
            defer { waiting = [:] }
            return waiting.sorted { $0.key < $1.key }.map(\.value)
        }
    }

    private let state = Guarded(State())

    /// The steps of a run that has not begun.
    package init() {}

    // MARK: The test's side

    /// Lets every source look for what there is to read.
    package func wake() {
        let waiting = state.withLock { state in
            state.round += 1
            return state.takeWaiting()
        }
        for source in waiting { source.resume() }
    }

    /// Waits until nothing moves, or until the run has ended.
    /// - Throws: What ended the run; `StageNotQuiet` where it still moves after `patience`.
    package func settle(patience: Duration) async throws {
        var waiting = Waiting(patience)
        var next = 0
        while true {
            let (parts, end) = state.withLock { ($0.parts, $0.end) }
            if let end { return try end.get() }
            if let parts {
                while next < parts.count, await isQuiet(parts[next]) { next += 1 }
                if next == parts.count, !isFinished(parts) { return }
            }
            guard waiting.goesOn else {
                let stage = parts.flatMap { next < $0.count ? $0[next].wiring.stage.nameForTests : nil }
                throw StageNotQuiet(stage: stage, patience: patience)
            }
            try await waiting.pause()
        }
    }

    /// Takes a checkpoint of a run that is quiet and waits until it is kept. Does nothing once all sources have ended.
    /// - Throws: As `settle`.
    package func checkpoint(patience: Duration) async throws {
        try await settle(patience: patience)
        guard
            let (coordinator, progress) = state.withLock({ state in
                state.end == nil ? state.coordinator.flatMap { c in state.progress.map { (c, $0) } } : nil
            })
        else { return }
        let last = progress.lastCheckpoint
        var waiting = Waiting(patience)
        await coordinator.request()
        while progress.lastCheckpoint == last {
            if let end = state.withLock({ $0.end }) { return try end.get() }
            guard waiting.goesOn else { throw StageNotQuiet(stage: nil, patience: patience) }
            try await waiting.pause()
        }
        try await settle(patience: patience)
    }

    /// Asks for a checkpoint, and does not wait for it.
    package func requestCheckpoint() async { await state.withLock { $0.coordinator }?.request() }

    /// Breaks the run off where it is, as the end of its process would.
    package func crash() {
        let (waiting, parts) = state.withLock { state in
            state.isCancelled = true
            return (state.takeWaiting(), state.parts)
        }
        for source in waiting { source.resume(throwing: CancellationError()) }
        for part in parts ?? [] { part.wiring.cancel() }
    }

    /// What the operators have counted so far, those of stages that have ended too. Asked for while the run is quiet.
    package func counts() async -> [StageName: OperatorStatistics] {
        let (parts, progress) = state.withLock { ($0.end == nil ? $0.parts ?? [] : [], $0.progress) }
        var counts = progress?.operators ?? [:]
        for part in parts where !state.withLock({ $0.finished.contains(part.wiring.id) }) {
            for (stage, more) in await part.stage.counts {
                counts[stage] = (counts[stage] ?? OperatorStatistics()) + more
            }
        }
        return counts
    }

    /// The run has come to its end, well or not.
    package func noteEnd(_ end: Result<Void, any Error>) { state.withLock { $0.end = end } }

    /// Whether the run has come to its end well.
    package var hasEndedWell: Bool { state.withLock { if case .success = $0.end { true } else { false } } }

    // MARK: The run's side

    /// The stages are open and begin.
    func begin(_ parts: [Part], _ coordinator: CheckpointCoordinator?, _ progress: RunProgress) {
        let isCancelled = state.withLock { state in
            (state.parts, state.coordinator, state.progress) = (parts, coordinator, progress)
            return state.isCancelled
        }
        if isCancelled { for part in parts { part.wiring.cancel() } }
    }

    /// How often sources were woken: a source notes it before it looks for events.
    var round: UInt64 { state.withLock { $0.round } }

    /// Waits until sources are woken, unless they were behind `round`.
    /// - Throws: `CancellationError` once the run is broken off.
    func pause(_ source: Int, since round: UInt64) async throws {
        try await withCheckedThrowingContinuation { (continuation: CheckedContinuation<Void, any Error>) in
            state.withLock { state in
                if state.isCancelled {
                    continuation.resume(throwing: CancellationError())
                } else if state.round != round {
                    continuation.resume()
                } else {
                    state.waiting[source] = continuation
                }
            }
        }
    }

    /// An instance of a stage has come to its end.
    func finish(_ instance: Int) { state.withLock { _ = $0.finished.insert(instance) } }

    // MARK: Quiet

    private func isFinished(_ parts: [Part]) -> Bool {
        state.withLock { state in parts.allSatisfy { state.finished.contains($0.wiring.id) } }
    }

    private func isQuiet(_ part: Part) async -> Bool {
        let (wiring, id) = (part.wiring, part.wiring.id)
        let (isFinished, isWaiting) = state.withLock { ($0.finished.contains(id), $0.waiting[id] != nil) }
        if isFinished || isWaiting { return true }
        if case .live(_, let board) = wiring.persistedRange { return board.isWaitedAt }
        guard let inbox = wiring.inbox, inbox.isQuiet else { return false }
        // Operators that wait for answers get them at their own time.
        return await !part.stage.awaitsOthers && inbox.isQuiet
    }
}

extension PhysicalStage {
    /// A name by which its author knows it.
    fileprivate var nameForTests: StageName? {
        if let name = operators.first?.name ?? input.sourceName { return name }
        return outputOwner?.stage
    }
}

/// Waiting by asking again and again. Only time counts in which there was an opportunity to ask: a machine that is busy with other things
/// makes waiting longer, and no error of it.
private struct Waiting {
    private static let longestPause = Duration.milliseconds(5)

    private var left: Duration
    private var last = ContinuousClock.now
    private var pauses = 0

    init(_ patience: Duration) { left = patience }

    var goesOn: Bool { left > .zero }

    mutating func pause() async throws {
        pauses += 1
        if pauses % 4 == 0 { try await Task.sleep(for: .microseconds(40)) } else { await Task.yield() }
        let now = ContinuousClock.now
        left -= min(now - last, Self.longestPause)
        last = now
    }
}

/// A run in a test still moves when it should have come to rest, or never does what was asked of it.
private struct StageNotQuiet: Diagnostic {
    let stage: StageName?
    let patience: Duration

    var summary: String {
        "the run does not come to rest within \(patience)"
            + (stage.map { ": \($0) still works or waits for something" } ?? "")
    }
    var hint: String? { "does a function of the stage block, or a source give events without being told to?" }
    var category: FailureCategory { .data }
}
