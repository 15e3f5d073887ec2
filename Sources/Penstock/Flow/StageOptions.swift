public import PenstockEngine

/// What can be said of every stage beside what it does.
public struct StageOptions: Sendable, Hashable {
    var name: String?
    var parallelism: Int?
    var formerNames: [String] = []
    var onError = ErrorPolicy.fail

    /// Nothing said.
    public init() {}
}

/// A stage of the language: something that stands on a line of its own in a flow.
public protocol Stage: Sendable {
    /// The name and the parallelism that the author gave.
    var options: StageOptions { get set }
}

extension Stage {
    /// The stage with a name of its own, on which its state hangs, instead of one made of its kind and position.
    public func named(_ name: String) -> Self {
        var stage = self
        stage.options.name = name
        return stage
    }

    /// The name that the stage had before: where a checkpoint does not know its present name, it goes on with the state under this one. May be
    /// said several times, the latest name first; may go when no checkpoint or savepoint with the old name is needed any more.
    public func formerly(_ name: String) -> Self {
        var stage = self
        stage.options.formerNames.append(name)
        return stage
    }

    /// The stage on `count` instances or threads, 1 to 128. Results do not depend on it.
    public func parallelism(_ count: Int) -> Self {
        var stage = self
        stage.options.parallelism = count
        return stage
    }

    /// The stage with a policy for events that it cannot handle: by default the run ends there. Not for stages that write.
    ///
    /// ```swift
    /// Map { (r: Reading) in try calibrated(r) }.onError(.deadLetter(to: letters))
    /// ```
    public func onError(_ policy: ErrorPolicy) -> Self {
        var stage = self
        stage.options.onError = policy
        return stage
    }
}

extension ErrorPolicy {
    /// Leaves the event out, counts it, and puts a letter about it out at a side output, with which a flow may begin: `From(letters)`.
    public static func deadLetter(to letters: SideOutput<DeadLetter>) -> ErrorPolicy { .deadLetter(letters.output) }
}

extension StageDescription {
    /// A stage with the author's options.
    init(_ kind: Kind, label: String, _ options: StageOptions) {
        self.init(kind, label: label, name: options.name, parallelism: options.parallelism)
        formerNames = options.formerNames
        onError = options.onError
    }
}

/// An operator with options, made by `.named` or `.parallelism` behind it.
public struct Configured<Operation: Sendable>: Stage {
    let operation: Operation
    /// The name and the parallelism that the author gave.
    public var options = StageOptions()
}

extension Operator {
    /// The operator with the name that it had before, under which a checkpoint may hold its state.
    public func formerly(_ name: String) -> Configured<Self> { Configured(operation: self).formerly(name) }

    /// The operator with a name of its own, on which its state hangs.
    public func named(_ name: String) -> Configured<Self> { Configured(operation: self).named(name) }

    /// The operator on `count` threads, 1 to 128.
    public func parallelism(_ count: Int) -> Configured<Self> { Configured(operation: self).parallelism(count) }

    /// The operator with a policy for events that it cannot handle, where it says which: `namesFailedEvents`.
    public func onError(_ policy: ErrorPolicy) -> Configured<Self> { Configured(operation: self).onError(policy) }
}

extension WindowOperator {
    /// The operator with the name that it had before, under which a checkpoint may hold its state.
    public func formerly(_ name: String) -> Configured<Self> { Configured(operation: self).formerly(name) }

    /// The operator with a name of its own, on which its state hangs.
    public func named(_ name: String) -> Configured<Self> { Configured(operation: self).named(name) }

    /// The operator on `count` threads, 1 to 128.
    public func parallelism(_ count: Int) -> Configured<Self> { Configured(operation: self).parallelism(count) }
}
