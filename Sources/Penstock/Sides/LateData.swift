internal import PenstockEngine

/// Gives the events that come too late for all of their windows to a side output. They are counted in any case.
///
/// It stands behind a window over time, a session, a window by position, or scans by time. For joins see `Joined.late(left:right:)`.
///
/// ```swift
/// Tumbling(every: .seconds(60))
/// LateData(to: late)
/// ```
public func LateData<Value>(to side: SideOutput<Value>) -> WindowSide<Value> { WindowSide(.late, side) }

/// Gives the events that lie in none of a stage's windows to a side output. They are counted in any case.
///
/// It stands behind a window over time or by position with gaps, or scans by time: their events of no scan.
///
/// ```swift
/// Sliding(.seconds(1), every: .seconds(60))
/// Outside(to: between)
/// ```
public func Outside<Value>(to side: SideOutput<Value>) -> WindowSide<Value> { WindowSide(.outside, side) }

/// Gives the events that scans by count do not take to a side output: repeated ones, those whose number is not below what was announced, and
/// those of a scan that is complete. They are counted in any case.
///
/// ```swift
/// CountedScans(producers: 2) { (f: Frame) in f.part }
/// Surplus(to: repeated)
/// ```
public func Surplus<Value>(to side: SideOutput<Value>) -> WindowSide<Value> { WindowSide(.surplus, side) }

/// A side output of a window or of scans, made by `LateData(to:)`, `Outside(to:)` or `Surplus(to:)`.
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

    /// Gives events that belong to no scan any more, or to none, to a side output.
    public static func buildPartialBlock<ID, Value>(
        accumulated: Stream<Scan<ID, Value>>, next: WindowSide<Value>
    ) -> Stream<Scan<ID, Value>> {
        Stream(stages: accumulated.stages.givingAside(next.port, next.side.output))
    }

    /// Gives events that a scan does not take to a side output.
    public static func buildPartialBlock<ID, Value>(
        accumulated: Stream<CountedScan<ID, Value>>, next: WindowSide<Value>
    ) -> Stream<CountedScan<ID, Value>> {
        Stream(stages: accumulated.stages.givingAside(next.port, next.side.output))
    }

    /// Gives events that a window by position does not take to a side output.
    public static func buildPartialBlock<Value>(
        accumulated: Windows<Value>, next: WindowSide<Value>
    ) -> Windows<Value> {
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

extension [StageDescription] {
    /// The stages, of which the last gives some of its events to a side output.
    func givingAside(_ port: SidePort, _ side: SideOutputName) -> [StageDescription] {
        var stages = self
        stages[stages.count - 1].sides[port] = side
        return stages
    }
}
