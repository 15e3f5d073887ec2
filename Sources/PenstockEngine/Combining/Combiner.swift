/// Combines the events of a batch for each key before the batch is shared out among the instances of an aggregate, or gathered from several.
///
/// What it gives are rows with the states of the aggregate. It keeps nothing between batches, so that nothing of it belongs into a
/// checkpoint, and it is used only where the order of events does not matter: the aggregate's results are the same with it and without it,
/// and for any batches. Belongs to one sending instance and is used on its thread only.
protocol Combiner: AnyObject {
    /// The combined rows of a batch; nil where the batch has to go on as it is.
    func combine(_ batch: Batch) -> Batch?
}

/// Whether combining is worth its while: it is tried now and then, and left alone where most events have a key of their own.
struct CombiningGain {
    /// Smaller batches go on as they are.
    private static let fewestRows = 64
    /// How many batches go on as they are after one that was hardly made smaller.
    private static let pause = 31

    private var paused = 0

    /// Whether the next batch, with so many rows, is to be combined.
    mutating func isWorthwhile(_ rows: Int) -> Bool {
        guard rows >= Self.fewestRows else { return false }
        guard paused > 0 else { return true }
        paused -= 1
        return false
    }

    /// A batch became so small.
    mutating func note(_ rows: Int, combinedTo count: Int) {
        if count * 2 > rows { paused = Self.pause }
    }
}

extension StageDescription {
    /// What combines the events for this stage, where it is an aggregate that allows it.
    func makeCombiner(_ stage: StageName) -> (any Combiner)? {
        guard case .aggregate(let window, let aggregate) = kind, aggregate.emission.earlyEvery == nil else {
            return nil
        }
        switch (window, aggregate.form) {
        case (.time(let windows), .numbers(let function, let numbers))
        where aggregate.emission == Emission() && windows.size >= windows.every:
            return function.visit(numbers, PieceCombiners(stage: stage, rule: .slices(windows), aggregate: aggregate))
        case (.time(let windows), .states(let kernel))
        where aggregate.emission == Emission() && windows.size >= windows.every && !aggregate.isKeyed
            && kernel.isOrderFree:
            return StateCombiner(stage: stage, windows: windows, kernel)
        case (.session(let windows), .numbers(let function, let numbers)):
            guard case .fixed(let gap) = windows.gap, gap < SessionWindows.longest / 2 else { return nil }
            return function.visit(
                numbers, PieceCombiners(stage: stage, rule: .sessions(gap: gap), aggregate: aggregate))
        default: return nil
        }
    }
}

private struct PieceCombiners: AccumulatorVisitor {
    let stage: StageName
    let rule: PieceRule
    let aggregate: Aggregate

    func visit<A: Accumulator>(_ type: A.Type, isOrderFree: Bool) -> (any Combiner)? {
        guard isOrderFree, !A.canOverflow else { return nil }
        return PieceCombiner<A>(stage: stage, rule, aggregate)
    }
}
