public import PenstockEngine
public import PenstockEvents

/// Events of one type on their way through a flow.
public struct Stream<Value: Sendable>: FlowBody {
    /// The stages so far.
    public let stages: [StageDescription]

    /// A stream behind these stages. For libraries that add stages of their own.
    public init(stages: [StageDescription]) { self.stages = stages }
}

/// A stream whose events have a key.
public struct Keyed<Key: EventKey, Value: Sendable>: FlowBody {
    /// The stages so far.
    public let stages: [StageDescription]

    /// A keyed stream behind these stages.
    public init(stages: [StageDescription]) { self.stages = stages }
}

/// A keyed stream cut into windows: an aggregate has to follow.
public struct KeyedWindows<Key: EventKey, Value: Sendable>: Sendable {
    let stages: [StageDescription]
    let window: KeyedWindow
    let options: StageOptions
    var emission = Emission()
    var sides: [SidePort: SideOutputName] = [:]
}

/// A stream without keys cut into windows: an aggregate has to follow.
public struct StreamWindows<Value: Sendable>: Sendable {
    let stages: [StageDescription]
    let window: KeyedWindow
    let options: StageOptions
    var emission = Emission()
    var sides: [SidePort: SideOutputName] = [:]
}

/// A stream cut into windows by the position of its events: a window operator has to follow.
public struct Windows<Value: Sendable>: Sendable {
    let stages: [StageDescription]
    let windows: PositionWindows
    let position: @Sendable (Value, Int64?) throws -> Int64
    var sides: [SidePort: SideOutputName] = [:]

    /// The events of `stream` in windows; `position` gives the place of an event on the windows' axis, knowing that of the event before
    /// it in the scan, and may throw where it has none.
    public init(
        _ stream: Stream<Value>, _ windows: PositionWindows,
        position: @escaping @Sendable (Value, Int64?) throws -> Int64
    ) {
        stages = stream.stages
        self.windows = windows
        self.position = position
    }
}

/// A flow that has come to its sink.
public struct Closed: FlowBody {
    /// All stages.
    public let stages: [StageDescription]
}

/// Stages without a source, as they stand in the branch of an `if` or in a loop.
public struct Fragment<In: Sendable, Out: Sendable>: Sendable {
    let stages: [StageDescription]
}

/// A sink without a source, as it stands in the branch of an `if`.
public struct SinkFragment<In: Sendable>: Sendable {
    let stages: [StageDescription]
}

/// What follows a mistake, so that the mistake is the only thing that the compiler reports.
public struct Broken: FlowBody {
    /// None.
    public var stages: [StageDescription] { [] }
}

/// What a branch of an `if` or `switch` in a flow comes to; all branches of one come to the same.
public protocol FlowBranch: Sendable {}

extension Stream: FlowBranch {}
extension Keyed: FlowBranch {}
extension Fragment: FlowBranch {}
extension SinkFragment: FlowBranch {}
extension Broken: FlowBranch {}

/// What the body of a flow comes to.
public protocol FlowBody: Sendable {
    /// The stages in order.
    var stages: [StageDescription] { get }
}
