internal import PenstockEngine

/// Gives the events that come too late for all of their windows to a side output. They are counted in any case.
///
/// It stands behind a window over time or a session.
///
/// ```swift
/// Tumbling(every: .seconds(60))
/// LateData(to: late)
/// ```
public func LateData<Value>(to side: SideOutput<Value>) -> WindowSide<Value> { WindowSide(.late, side) }

/// Gives the events that lie in none of a stage's windows to a side output. They are counted in any case.
///
/// It stands behind a window over time with gaps.
///
/// ```swift
/// Sliding(.seconds(1), every: .seconds(60))
/// Outside(to: between)
/// ```
public func Outside<Value>(to side: SideOutput<Value>) -> WindowSide<Value> { WindowSide(.outside, side) }

/// A side output of a window, made by `LateData(to:)` or `Outside(to:)`.
public struct WindowSide<Value: Sendable>: TrunkStage {
    let port: SidePort
    let side: SideOutput<Value>
    /// Not used: the window that it belongs to has the name.
    public var options = StageOptions()

    init(_ port: SidePort, _ side: SideOutput<Value>) {
        self.port = port
        self.side = side
    }
}

extension FlowBuilder {
    /// Gives events that a window does not take to a side output.
    public static func buildPartialBlock<Key, Value>(
        accumulated: KeyedWindows<Key, Value>, next: WindowSide<Value>
    ) -> KeyedWindows<Key, Value> {
        var windows = accumulated
        windows.sides[next.port] = next.side.output
        return windows
    }

    /// Gives events that a window does not take to a side output.
    public static func buildPartialBlock<Value>(
        accumulated: StreamWindows<Value>, next: WindowSide<Value>
    ) -> StreamWindows<Value> {
        var windows = accumulated
        windows.sides[next.port] = next.side.output
        return windows
    }

    /// Not possible: the late events of something that is no window.
    @available(
        *, unavailable, message: "This stage belongs right behind a window: Tumbling(...), Sliding(...) or Session(...)"
    )
    public static func buildPartialBlock<Value, Other>(
        accumulated: Stream<Value>, next: WindowSide<Other>
    ) -> Broken { Broken() }

    /// Not possible: the late events of something that is no window.
    @available(
        *, unavailable, message: "This stage belongs right behind a window: Tumbling(...), Sliding(...) or Session(...)"
    )
    public static func buildPartialBlock<Key, Value, Other>(
        accumulated: Keyed<Key, Value>, next: WindowSide<Other>
    ) -> Broken { Broken() }
}
