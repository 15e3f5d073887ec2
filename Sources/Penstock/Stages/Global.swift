public import PenstockEngine

/// What becomes of the events of a global window behind a row.
public enum Firing: Sendable, Hashable {
    /// They stay: each row is over all events so far.
    case keep
    /// They go: each row is over the events since the row before it.
    case purge
}

/// One window for each key, or for the whole stream, which never closes by itself: a trigger says when it gives a row.
///
/// Events count in canonical order. At the end of input there is one row more if events have come since the last; it is not complete.
///
/// ```swift
/// KeyBy(\Reading.sensor)
/// Global(every: .seconds(60), .keep)
/// Sum(\Reading.value)
/// ```
public func Global(every events: Int, _ firing: Firing = .keep) -> GlobalWindow {
    GlobalWindow(.count(events), firing)
}

/// A global window with a row at each multiple of `interval` of event time, over the events up to there, if there are new ones.
public func Global(every interval: Duration, _ firing: Firing = .keep) -> GlobalWindow {
    GlobalWindow(.interval(interval.nanoseconds), firing)
}

/// A global window with a row behind each event for which `isMarker` holds.
@inlinable @inline(__always) public func Global<Value: Sendable>(
    _ firing: Firing = .keep, behind isMarker: @escaping @Sendable (Value) -> Bool
) -> GlobalWindowByEvent<Value> {
    GlobalWindowByEvent(
        marker: FilterKernel { rows, input, kept, count in
            let values = input.assumingMemoryBound(to: Value.self)
            for k in 0..<rows.count where isMarker(values[rows[k]]) {
                kept[count] = UInt32(rows[k])
                count += 1
            }
            return KernelOutcome(processed: rows.count)
        }, firing)
}

/// A global window whose trigger does not look at events: `Global(every: 100)`.
public struct GlobalWindow: Stage {
    let window: KeyedWindow
    /// The name and the parallelism that the author gave.
    public var options = StageOptions()

    init(_ trigger: GlobalWindows.Trigger, _ firing: Firing) {
        window = .global(GlobalWindows(trigger, isPurging: firing == .purge))
    }
}

/// A global window whose trigger is an event: `Global { (r: Record) in r.isMarker }`.
public struct GlobalWindowByEvent<Value: Sendable>: Stage {
    let window: KeyedWindow
    /// The name and the parallelism that the author gave.
    public var options = StageOptions()

    @usableFromInline init(marker: FilterKernel, _ firing: Firing) {
        window = .global(GlobalWindows(.marker(marker), isPurging: firing == .purge))
    }
}

extension GlobalWindow: EventStage {}
extension GlobalWindow: TrunkStage {}
extension GlobalWindowByEvent: EventStage {}
extension GlobalWindowByEvent: TrunkStage {}

extension FlowBuilder {
    /// One window a key, with a trigger.
    public static func buildPartialBlock<Key, Value>(
        accumulated: Keyed<Key, Value>, next: GlobalWindow
    ) -> KeyedWindows<Key, Value> {
        KeyedWindows(stages: accumulated.stages, window: next.window, options: next.options)
    }

    /// One window a key, with a row behind some events.
    public static func buildPartialBlock<Key, Value>(
        accumulated: Keyed<Key, Value>, next: GlobalWindowByEvent<Value>
    ) -> KeyedWindows<Key, Value> {
        KeyedWindows(stages: accumulated.stages, window: next.window, options: next.options)
    }

    /// One window, with a trigger.
    public static func buildPartialBlock<Value>(
        accumulated: Stream<Value>, next: GlobalWindow
    ) -> StreamWindows<Value> {
        StreamWindows(stages: accumulated.stages, window: next.window, options: next.options)
    }

    /// One window, with a row behind some events.
    public static func buildPartialBlock<Value>(
        accumulated: Stream<Value>, next: GlobalWindowByEvent<Value>
    ) -> StreamWindows<Value> {
        StreamWindows(stages: accumulated.stages, window: next.window, options: next.options)
    }
}
