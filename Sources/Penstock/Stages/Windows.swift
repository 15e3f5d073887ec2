internal import PenstockEngine

/// Cuts a stream into windows that follow each other without gaps: [0, size), [size, 2 size) …
public struct Tumbling: Stage {
    let window: KeyedWindow
    /// The name and the parallelism that the author gave.
    public var options = StageOptions()

    /// Windows of `size` of event time that begin at multiples of it, shifted by `offset`. A window closes when the watermark reaches its
    /// last instant.
    public init(every size: Duration, offset: Duration = .zero) {
        window = .time(
            TimeWindows(size: size.nanoseconds, every: size.nanoseconds, offset: offset.nanoseconds))
    }

    /// Windows of `count` events of each key, or of the whole stream, in canonical order. What is left at the end of input is a window that is not complete.
    /// With `.dropRest` that is dropped and counted. With `order: .arrival` events count as they come.
    public init(count: Int, _ rest: CountRest = .keepRest, order: EventOrder = .canonical) {
        window = .count(
            CountWindows(
                size: count, every: count, dropsRest: rest == .dropRest, isArrivalOrder: order == .arrival))
    }
}

/// Cuts a stream into windows that overlap; those of each key are its own.
public struct Sliding: Stage {
    let window: KeyedWindow
    /// The name and the parallelism that the author gave.
    public var options = StageOptions()

    /// Windows of `size` of event time that begin every `every`, shifted by `offset`.
    public init(_ size: Duration, every: Duration, offset: Duration = .zero) {
        window = .time(
            TimeWindows(size: size.nanoseconds, every: every.nanoseconds, offset: offset.nanoseconds))
    }

    /// Windows of the last `count` events of each key, or of the whole stream, one after each `every` events. With
    /// `order: .arrival` events count as they come.
    public init(count: Int, every: Int, _ rest: CountRest = .keepRest, order: EventOrder = .canonical) {
        window = .count(
            CountWindows(
                size: count, every: every, dropsRest: rest == .dropRest, isArrivalOrder: order == .arrival))
    }
}

/// What becomes of the events behind the last row of count windows at the end of input.
public enum CountRest: Sendable, Hashable {
    /// They give a row that is not complete.
    case keepRest
    /// They are dropped and counted.
    case dropRest
}

/// In which order events have their turn in a stage whose results depend on it.
public enum EventOrder: Sendable, Hashable {
    /// By effective time, then by origin, then by sequence: the same on each run. An event waits for the watermark.
    case canonical
    /// As they come, without waiting. A replay may give other results.
    case arrival
}
