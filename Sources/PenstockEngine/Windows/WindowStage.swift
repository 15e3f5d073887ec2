internal import PenstockEvents

/// What every processor of windows is made of.
struct WindowStageOptions {
    let stage: StageName
    let aggregate: Aggregate
    let origin: Origin
    let batchEvents: Int
    /// The type of the events that come in.
    let input: ValueType
}

extension KeyedWindow {
    /// The processor of an aggregate over these windows.
    func makeProcessor(_ options: WindowStageOptions) -> any Processor {
        switch (self, options.aggregate.form) {
        case (.session(let windows), _):
            KeyedSessions(windows, options)
        case (.time(let windows), .states):
            StateTimeWindows(windows: windows, options: options)
        case (.time(let windows), _) where options.aggregate.emission != Emission():
            StateTimeWindows(windows: windows, options: options)
        case (.count(let windows), .states):
            OrderedWindows(.count(windows), options)
        case (.global(let windows), _):
            OrderedWindows(.global(windows), options)
        case (_, .numbers(let function, let numbers)):
            function.visit(numbers, NumberWindows(windows: self, options: options))
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
                batchEvents: options.batchEvents, isOrderFree: isOrderFree)
        case .count(let windows):
            KeyedCountWindows<A>(
                stage: options.stage, windows: windows, aggregate: options.aggregate, origin: options.origin,
                batchEvents: options.batchEvents)
        case .session(let windows):
            KeyedSessions(windows, options)
        case .global(let windows):
            OrderedWindows(.global(windows), options)
        }
    }
}
