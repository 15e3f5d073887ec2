public import PenstockEngine

// Stages by where they may stand. Only the messages of `FlowBuilder+Mistakes` and `FlowBuilder+Misplaced` depend on this: one overload
// then speaks for all stages of a kind, and mismatched types are still reported by the stage's own overload, on its own line.

/// What a flow begins with, and what cannot stand further down.
public protocol FlowBeginning: Sendable {}

extension From: FlowBeginning {}
extension Merge: FlowBeginning {}
extension Flow: FlowBeginning {}

/// A stage that takes events one by one, so that it cannot stand between a window and its aggregate.
public protocol EventStage: Stage {}

extension Map: EventStage {}
extension Filter: EventStage {}
extension KeyBy: EventStage {}
extension Tumbling: EventStage {}
extension Sliding: EventStage {}
extension Persist: EventStage {}
extension To: EventStage {}

/// A stage that makes something else of a stream than a stream of events, or cuts it, so that it cannot stand in a branch.
public protocol TrunkStage: Stage {}

extension KeyBy: TrunkStage {}
extension Tumbling: TrunkStage {}
extension Sliding: TrunkStage {}
extension Persist: TrunkStage {}

/// A stage that makes one row of each key and window.
public protocol AggregateStage: TrunkStage {}

extension Count: AggregateStage {}
extension Sum: AggregateStage {}
extension Mean: AggregateStage {}
extension Minimum: AggregateStage {}
extension Maximum: AggregateStage {}
extension Variance: AggregateStage {}

/// A stage behind a window that says when the window's rows come.
public protocol WindowModifier: TrunkStage {
    /// Adds what the stage says.
    func modify(_ emission: inout Emission)
}
