public import PenstockEvents

/// For how long an entry of a state is kept, by event time.
public struct TimeToLive: Sendable, Hashable {
    let nanoseconds: Int64
    let isRenewedByReading: Bool

    /// An entry that is written at the clock c is gone when the clock has come to c + `duration`; with `isRenewedByReading` reading it counts
    /// as writing it.
    public init(_ duration: Duration, isRenewedByReading: Bool = false) {
        nanoseconds = duration.nanoseconds
        self.isRenewedByReading = isRenewedByReading
    }

    /// What is wrong with the duration, or nil.
    var defect: String? {
        if nanoseconds <= 0 { return "a time to live must be positive, but it is \(nanoseconds) ns" }
        return nanoseconds > TimeWindows.longest ? "a time to live is longer than 2^60 ns (36 years)" : nil
    }
}

/// A state that a process keeps for each key: `ValueState`, `ListState`, `MapState` or `ReducingState`.
public protocol StateDescriptor: Sendable {
    /// The name, the type and the rules of the state.
    var definition: StateDefinition { get }
}

/// The name, the type and the rules of a state. Two states are the same only if they are copies of one descriptor.
public final class StateDefinition: Sendable {
    /// The name of the state, unique in its process.
    public let name: String
    /// The type of its content in words, for checkpoints and errors.
    let form: String
    let timeToLive: TimeToLive?
    let makeTable: @Sendable (TimeToLive?) -> StateTable

    init(
        _ name: String, form: String, _ timeToLive: TimeToLive?,
        makeTable: @escaping @Sendable (TimeToLive?) -> StateTable
    ) {
        self.name = name
        self.form = form
        self.timeToLive = timeToLive
        self.makeTable = makeTable
    }
}

/// One value for each key, or none.
///
/// ```swift
/// let last = ValueState("last", of: Reading.self, timeToLive: TimeToLive(.seconds(3600)))
/// ```
///
/// A value can be kept over checkpoints where its type is an `Event`, plain numbers, or `Codable`.
public struct ValueState<Value: Sendable>: StateDescriptor {
    /// The name, the type and the rules of the state.
    public let definition: StateDefinition

    /// A state with this name.
    public init(_ name: String, of type: Value.Type = Value.self, timeToLive: TimeToLive? = nil) {
        definition = StateDefinition(name, form: "\(type)", timeToLive) { ValueTable<Value>($0) }
    }
}

/// A list of values for each key.
public struct ListState<Element: Sendable>: StateDescriptor {
    /// The name, the type and the rules of the state.
    public let definition: StateDefinition

    /// A state with this name.
    public init(_ name: String, of type: Element.Type = Element.self, timeToLive: TimeToLive? = nil) {
        definition = StateDefinition(name, form: "[\(type)]", timeToLive) { ListTable<Element>($0) }
    }
}

/// A table of values for each key, each with a key of its own.
public struct MapState<EntryKey: EventKey, Value: Sendable>: StateDescriptor {
    /// The name, the type and the rules of the state.
    public let definition: StateDefinition

    /// A state with this name.
    public init(
        _ name: String, of keys: EntryKey.Type = EntryKey.self, _ values: Value.Type = Value.self,
        timeToLive: TimeToLive? = nil
    ) {
        definition = StateDefinition(name, form: "[\(keys): \(values)]", timeToLive) { MapTable<EntryKey, Value>($0) }
    }
}

/// One value for each key, into which each further one is reduced.
///
/// ```swift
/// let total = ReducingState("total", of: Int.self) { $0 + $1 }
/// ```
public struct ReducingState<Value: Sendable>: StateDescriptor {
    /// The name, the type and the rules of the state.
    public let definition: StateDefinition
    let reduce: @Sendable (Value, Value) throws -> Value

    /// A state with this name; `reduce` makes one value of what is there and of what comes.
    public init(
        _ name: String, of type: Value.Type = Value.self, timeToLive: TimeToLive? = nil,
        _ reduce: @escaping @Sendable (Value, Value) throws -> Value
    ) {
        definition = StateDefinition(name, form: "reduced \(type)", timeToLive) { ValueTable<Value>($0) }
        self.reduce = reduce
    }
}
