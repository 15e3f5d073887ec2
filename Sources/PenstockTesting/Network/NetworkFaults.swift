/// How slow a simulated network is, and how often a connection over it breaks. Nothing breaks at first.
public struct NetworkFaults: Sendable, Hashable {
    /// How long a message is on its way, drawn anew for each; those of a connection arrive in order all the same.
    public var delay: ClosedRange<Duration> = .microseconds(20)...(.milliseconds(2))
    /// How often a message gets lost, from 0 to 1. Nothing of its connection gets through any more then.
    public var losses = 0.0
    /// How often a message takes `longDelay` in place of `delay`, from 0 to 1.
    public var longDelays = 0.0
    /// How long such a message is on its way.
    public var longDelay: ClosedRange<Duration> = .milliseconds(100)...(.seconds(8))
    /// After which time an end of a broken connection hears of it, where it hears of it at all.
    public var notice: ClosedRange<Duration> = .milliseconds(1)...(.seconds(3))
    /// How often an end of a broken connection hears nothing, ever, from 0 to 1.
    public var silentEnds = 0.3

    /// A network without faults.
    public init() {}
}
