/// How often the calls of a simulated storage fail, each as a probability from 0 to 1. All are 0 at first.
public struct FaultPlan: Sendable, Hashable {
    /// A read fails with an input/output error.
    public var readErrors = 0.0
    /// A write fails with an input/output error, after a part of it was done.
    public var writeErrors = 0.0
    /// A sync of a file fails. What it should have saved may be lost from then on: a later sync that succeeds does not save it.
    public var syncErrors = 0.0
    /// A write, or a reservation of space, fails for lack of space, after a part of it was done.
    public var noSpace = 0.0
    /// One bit of what a read returns is wrong. The next read of the same bytes is right again.
    public var readFlips = 0.0
    /// Opening, creating, renaming, removing or listing, or the sync of a directory, fails and changes nothing.
    public var nameErrors = 0.0

    /// No faults.
    public init() {}
}

/// How a simulated process or machine ends.
public enum Crash: Sendable, Hashable, CaseIterable {
    /// The process dies. What it wrote stays; its locks are released.
    case process
    /// The power fails. All processes die, and of what was not synced, names too, anything may be there, in part or not at all.
    case power
}
