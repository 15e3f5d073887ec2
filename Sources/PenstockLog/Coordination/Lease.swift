/// The right to act for a key, and the epoch to show with every act.
///
/// It is kept alive by the coordinator that gave it, until it is released or lost; what is lost does not come back, a new claim has a new
/// epoch. Ask `isHeld` immediately before each act: a process may be stopped at any moment. It may also be stopped between the question
/// and the act; so whoever is acted upon has to remember the highest epoch that it has seen, and refuse lower ones.
public final class Lease: Sendable {
    /// What is owned.
    public let key: CoordinationKey
    /// Who owns it, as it was said when it was claimed.
    public let holder: String
    /// Higher than that of every earlier holder of the key.
    public let epoch: UInt32

    /// Why it has ended.
    package let ending = Latch<LeaseEnd>()
    private let session: LeaseSession
    private let clock: any MonotonicClock
    private let giveBack: @Sendable (Lease) async throws(CoordinatorError) -> Void

    package init(
        _ key: CoordinationKey, holder: String, epoch: UInt32, session: LeaseSession, clock: any MonotonicClock,
        giveBack: @escaping @Sendable (Lease) async throws(CoordinatorError) -> Void
    ) {
        self.key = key
        self.holder = holder
        self.epoch = epoch
        self.session = session
        self.clock = clock
        self.giveBack = giveBack
    }

    /// Whether the holder may act at `instant` of the coordinator's clock, as far as is known now.
    public func isHeld(at instant: MonotonicInstant) -> Bool { ending.value == nil && session.holds(at: instant) }

    /// Whether the holder may act now. Costs a look at the clock and at two locks.
    public var isHeld: Bool { isHeld(at: clock.now()) }

    /// When it lapses unless it is renewed before.
    public var heldUntil: MonotonicInstant { session.until }

    /// Suspends until the lease has ended and says why; nil where the task is cancelled before that.
    ///
    /// A process that was stopped learns it here some time after it goes on; `isHeld` says no at once.
    public func ended() async -> LeaseEnd? { await ending.wait() }

    /// Ends the lease, so that somebody else may claim the key at once. Does nothing where it has ended.
    ///
    /// From the call on, `isHeld` says no.
    /// - Throws: `CoordinatorError` where the others could not be told yet: that is tried again with every renewal, and at the latest
    ///   they wait until the process has left the coordinator.
    public func release() async throws(CoordinatorError) {
        guard ending.set(.released) else { return }
        try await giveBack(self)
    }
}

/// How a lease or a membership ends.
public enum LeaseEnd: Sendable, Hashable {
    /// Its holder gave it back, or closed the coordinator.
    case released
    /// It was not renewed in time: the coordinator was not reached, or the process was stopped.
    case lapsed
    /// The coordinator does not know it any more: its state was removed, or the process was taken for dead.
    case revoked
}

/// What becomes of a claim.
public enum ClaimAnswer: Sendable {
    /// The key is the caller's.
    case held(Lease)
    /// Somebody else has it. A claim before `until`, by the coordinator's clock, succeeds only where the holder gives it back; one that
    /// comes later succeeds where there was no sign of life of the holder meanwhile. Where a claim has never seen the holder before,
    /// this is a whole lease and its margin from now.
    case taken(by: String, until: MonotonicInstant)
}
