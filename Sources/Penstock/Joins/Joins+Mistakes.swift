public import PenstockEngine

// Mistakes in joins, each with a message that says what is wrong. They give `Broken`, so that nothing else is reported.

/// Not possible: keys of different types, or of a type that is none.
@available(
    *, unavailable,
    message: "The keys of both sides of a join have to be of one type: an integer, text, or another EventKey"
)
@_disfavoredOverload
public func Join<L: Sendable, R: Sendable, LeftKey, RightKey, Row: Sendable>(
    _ left: some StreamInput<L>, _ right: some StreamInput<R>, on leftKey: (L) -> LeftKey, _ rightKey: (R) -> RightKey,
    within window: JoinWindow, allowedLateness: Duration = .zero,
    _ row: (L, R) throws -> Row
) -> Broken { Broken() }

/// Not possible: keys of different types, or of a type that is none.
@available(
    *, unavailable,
    message: "The keys of both sides of a join have to be of one type: an integer, text, or another EventKey"
)
@_disfavoredOverload
public func Join<L: Sendable, R: Sendable, LeftKey, RightKey, Row: Sendable>(
    _ left: some StreamInput<L>, _ right: some StreamInput<R>, on leftKey: (L) -> LeftKey, _ rightKey: (R) -> RightKey,
    between lower: Duration, _ upper: Duration, allowedLateness: Duration = .zero,
    _ row: (L, R) throws -> Row
) -> Broken { Broken() }

/// Not possible: keys of different types, or of a type that is none.
@available(
    *, unavailable,
    message: "The keys of both sides of a join have to be of one type: an integer, text, or another EventKey"
)
@_disfavoredOverload
public func LeftJoin<L: Sendable, R: Sendable, LeftKey, RightKey, Row: Sendable>(
    _ left: some StreamInput<L>, _ right: some StreamInput<R>, on leftKey: (L) -> LeftKey, _ rightKey: (R) -> RightKey,
    within window: JoinWindow, allowedLateness: Duration = .zero,
    _ row: (L, R?) throws -> Row
) -> Broken { Broken() }

/// Not possible: keys of different types, or of a type that is none.
@available(
    *, unavailable,
    message: "The keys of both sides of a join have to be of one type: an integer, text, or another EventKey"
)
@_disfavoredOverload
public func LeftJoin<L: Sendable, R: Sendable, LeftKey, RightKey, Row: Sendable>(
    _ left: some StreamInput<L>, _ right: some StreamInput<R>, on leftKey: (L) -> LeftKey, _ rightKey: (R) -> RightKey,
    between lower: Duration, _ upper: Duration, allowedLateness: Duration = .zero,
    _ row: (L, R?) throws -> Row
) -> Broken { Broken() }

/// Not possible: keys of different types, or of a type that is none.
@available(
    *, unavailable,
    message: "The keys of both sides of a join have to be of one type: an integer, text, or another EventKey"
)
@_disfavoredOverload
public func RightJoin<L: Sendable, R: Sendable, LeftKey, RightKey, Row: Sendable>(
    _ left: some StreamInput<L>, _ right: some StreamInput<R>, on leftKey: (L) -> LeftKey, _ rightKey: (R) -> RightKey,
    within window: JoinWindow, allowedLateness: Duration = .zero,
    _ row: (L?, R) throws -> Row
) -> Broken { Broken() }

/// Not possible: keys of different types, or of a type that is none.
@available(
    *, unavailable,
    message: "The keys of both sides of a join have to be of one type: an integer, text, or another EventKey"
)
@_disfavoredOverload
public func RightJoin<L: Sendable, R: Sendable, LeftKey, RightKey, Row: Sendable>(
    _ left: some StreamInput<L>, _ right: some StreamInput<R>, on leftKey: (L) -> LeftKey, _ rightKey: (R) -> RightKey,
    between lower: Duration, _ upper: Duration, allowedLateness: Duration = .zero,
    _ row: (L?, R) throws -> Row
) -> Broken { Broken() }

/// Not possible: keys of different types, or of a type that is none.
@available(
    *, unavailable,
    message: "The keys of both sides of a join have to be of one type: an integer, text, or another EventKey"
)
@_disfavoredOverload
public func FullJoin<L: Sendable, R: Sendable, LeftKey, RightKey, Row: Sendable>(
    _ left: some StreamInput<L>, _ right: some StreamInput<R>, on leftKey: (L) -> LeftKey, _ rightKey: (R) -> RightKey,
    within window: JoinWindow, allowedLateness: Duration = .zero,
    _ row: (L?, R?) throws -> Row
) -> Broken { Broken() }

/// Not possible: keys of different types, or of a type that is none.
@available(
    *, unavailable,
    message: "The keys of both sides of a join have to be of one type: an integer, text, or another EventKey"
)
@_disfavoredOverload
public func FullJoin<L: Sendable, R: Sendable, LeftKey, RightKey, Row: Sendable>(
    _ left: some StreamInput<L>, _ right: some StreamInput<R>, on leftKey: (L) -> LeftKey, _ rightKey: (R) -> RightKey,
    between lower: Duration, _ upper: Duration, allowedLateness: Duration = .zero,
    _ row: (L?, R?) throws -> Row
) -> Broken { Broken() }

/// Not possible: keys of different types, or of a type that is none.
@available(
    *, unavailable,
    message: "The keys of both sides of a join have to be of one type: an integer, text, or another EventKey"
)
@_disfavoredOverload
public func AsOf<L: Sendable, R: Sendable, LeftKey, RightKey, Row: Sendable>(
    _ left: some StreamInput<L>, _ right: some StreamInput<R>, on leftKey: (L) -> LeftKey, _ rightKey: (R) -> RightKey,
    _ direction: AsOfDirection = .backward(), allowedLateness: Duration = .zero,
    _ row: (L, R?) throws -> Row
) -> Broken { Broken() }

/// Not possible: keys of different types, or of a type that is none.
@available(
    *, unavailable,
    message: "The keys of both sides of a join have to be of one type: an integer, text, or another EventKey"
)
@_disfavoredOverload
public func InnerAsOf<L: Sendable, R: Sendable, LeftKey, RightKey, Row: Sendable>(
    _ left: some StreamInput<L>, _ right: some StreamInput<R>, on leftKey: (L) -> LeftKey, _ rightKey: (R) -> RightKey,
    _ direction: AsOfDirection = .backward(), allowedLateness: Duration = .zero,
    _ row: (L, R) throws -> Row
) -> Broken { Broken() }

/// Not possible: keys of different types, or of a type that is none.
@available(
    *, unavailable,
    message: "The keys of both sides of a join have to be of one type: an integer, text, or another EventKey"
)
@_disfavoredOverload
public func Lookup<L: Sendable, R: Sendable, LeftKey, RightKey, Row: Sendable>(
    _ events: some StreamInput<L>, in table: some StreamInput<R>, on leftKey: (L) -> LeftKey,
    _ rightKey: (R) -> RightKey,
    isDeletion: ((R) -> Bool)? = nil, allowedLateness: Duration = .zero,
    _ row: (L, R?) throws -> Row
) -> Broken { Broken() }

/// Not possible: keys of different types, or of a type that is none.
@available(
    *, unavailable,
    message: "The keys of both sides of a join have to be of one type: an integer, text, or another EventKey"
)
@_disfavoredOverload
public func InnerLookup<L: Sendable, R: Sendable, LeftKey, RightKey, Row: Sendable>(
    _ events: some StreamInput<L>, in table: some StreamInput<R>, on leftKey: (L) -> LeftKey,
    _ rightKey: (R) -> RightKey,
    isDeletion: ((R) -> Bool)? = nil, allowedLateness: Duration = .zero,
    _ row: (L, R) throws -> Row
) -> Broken { Broken() }

/// Not possible: keys of different types, or of a type that is none.
@available(
    *, unavailable,
    message: "The keys of both sides of a join have to be of one type: an integer, text, or another EventKey"
)
@_disfavoredOverload
public func CoGroup<L: Sendable, R: Sendable, LeftKey, RightKey, Row: Sendable>(
    _ left: some StreamInput<L>, _ right: some StreamInput<R>, on leftKey: (L) -> LeftKey, _ rightKey: (R) -> RightKey,
    within window: JoinWindow, allowedLateness: Duration = .zero,
    _ rows: (LeftKey, WindowSpan, [L], [R]) throws -> [Row]
) -> Broken { Broken() }

/// Not possible: a topic without its disorder.
@available(*, unavailable, message: "Say how far out of order the topic can be: From(topic, disorder: ...)")
extension Topic: StreamInput {
    /// None.
    public var inputStages: [StageDescription] { [] }
}

/// Not possible: a flow that ends in keys.
@available(*, unavailable, message: "Joins and Merge take streams without keys: leave out the KeyBy(...) of this flow")
extension Keyed: OpenStream {}
