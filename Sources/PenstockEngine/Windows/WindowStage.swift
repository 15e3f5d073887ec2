internal import PenstockEvents

/// What every processor of windows is made of.
struct WindowStageOptions {
    let stage: StageName
    let aggregate: Aggregate
    let origin: Origin
    let batchEvents: Int
}

extension KeyedWindow {
    /// The processor of an aggregate over these windows.
    func makeProcessor(_ options: WindowStageOptions) -> any Processor {
        if case .session(let windows) = self { return KeyedSessions(windows, options) }
        return switch options.aggregate.form {
        case .numbers(let function, let numbers):
            function.visit(numbers, NumberWindows(windows: self, options: options))
        case .states:
            preconditionFailure("an aggregate with states reached windows that keep none")
        }
    }
}

private struct NumberWindows: AccumulatorVisitor {
    let windows: KeyedWindow
    let options: WindowStageOptions

    func visit<A: Accumulator>(_ type: A.Type, isOrderFree: Bool) -> any Processor {
        switch windows {
        case .time(let windows):
            KeyedTimeWindows<A>(
                stage: options.stage, windows: windows, aggregate: options.aggregate, origin: options.origin,
                batchEvents: options.batchEvents)
        case .count(let windows):
            KeyedCountWindows<A>(
                stage: options.stage, windows: windows, aggregate: options.aggregate, origin: options.origin,
                batchEvents: options.batchEvents)
        case .session(let windows):
            KeyedSessions(windows, options)
        }
    }
}
