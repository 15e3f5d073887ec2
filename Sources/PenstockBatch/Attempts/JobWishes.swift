internal import PenstockEvents

/// What signals ask of a job, for its loop to see.
public final class JobWishes: Sendable {
    private struct State {
        var isDraining = false
        var looks = 0
    }

    private let state = Guarded(State())

    /// Nothing is asked for.
    public init() {}

    /// The job is to come to its end with a checkpoint.
    public func drain() { state.withLock { $0.isDraining = true } }

    /// The job is to look at the clock: its walltime may have changed.
    public func look() { state.withLock { $0.looks += 1 } }

    var isDraining: Bool { state.withLock { $0.isDraining } }

    /// How often the job was told to look.
    var looks: Int { state.withLock { $0.looks } }
}
