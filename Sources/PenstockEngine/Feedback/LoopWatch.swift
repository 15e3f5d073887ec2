internal import PenstockEvents

/// Tells the sources of feedbacks when nothing in a run moves any more but what they themselves bring.
///
/// Every place where something can be on its way has a number that changes when something comes. Two looks at all places in which none was busy,
/// with the same numbers, mean that between them nothing was on its way anywhere.
final class LoopWatch: Sendable {
    /// A stage's instance, and where it can be seen whether it works.
    struct Part: Sendable {
        let id: Int
        /// What it takes its events from, where that is channels.
        let inbox: Inbox?
        /// How far the topic has been written that it reads while this run writes it.
        let board: CommitBoard?
        /// The feedback whose source it is.
        let loop: FeedbackLoop?
    }

    private struct State {
        var parts: [Part] = []
        var finished: Set<Int> = []
    }

    private let state = Guarded(State())

    /// The stages begin.
    func begin(_ parts: [Part]) { state.withLock { $0.parts = parts } }

    /// A stage has come to its end.
    func finish(_ id: Int) { state.withLock { _ = $0.finished.insert(id) } }

    /// The numbers of all places; nil where one is busy, or a source that is no feedback has not ended.
    func quietMark() -> [UInt64]? {
        let parts = state.withLock { state in state.parts.filter { !state.finished.contains($0.id) } }
        var mark = [UInt64(parts.count)]
        for part in parts {
            if let loop = part.loop {
                guard let number = loop.quietMark else { return nil }
                mark += [number, loop.board.position]
            } else if let board = part.board {
                guard board.hasWaiter else { return nil }
                mark.append(board.position)
            } else {
                guard let number = part.inbox?.quietMark else { return nil }
                mark.append(number)
            }
        }
        return mark
    }

    /// Whether no source of a feedback has anything to do where the run is as `mark` says.
    func allSpent(at mark: [UInt64]) -> Bool {
        let parts = state.withLock { state in state.parts.filter { !state.finished.contains($0.id) } }
        return parts.allSatisfy { $0.loop?.isSpent(at: mark) ?? true }
    }
}
