internal import PenstockEvents

/// The time for which a process may believe in what it has claimed: one for all claims, renewed as a whole.
///
/// A session that has lapsed stays so: a renewal that comes back too late does not bring it to life again.
package final class LeaseSession: Sendable {
    private struct State {
        var until: MonotonicInstant
        var leases: [CoordinationKey: Lease] = [:]
        var membership: Membership?
    }

    /// Differs from that of every other session.
    package let id: String
    private let lease: Duration
    private let state: Guarded<State>
    /// Why the session has ended.
    package let ending = Latch<LeaseEnd>()

    /// - Parameter beganAt: an instant before the coordinator was asked for the session.
    package init(id: String, lease: Duration, beganAt: MonotonicInstant) {
        self.id = id
        self.lease = lease
        state = Guarded(State(until: beganAt + lease))
    }

    /// When it lapses unless it is renewed.
    package var until: MonotonicInstant { state.withLock { $0.until } }

    package func holds(at instant: MonotonicInstant) -> Bool { ending.value == nil && instant < until }

    /// Goes on for a lease from `sentAt`, an instant before the renewal was sent, where its answer has come before the session lapsed;
    /// ends it, and returns false, where not.
    @discardableResult
    package func renew(sentAt: MonotonicInstant, by clock: any MonotonicClock) -> Bool {
        let isInTime = state.withLock { state in
            guard clock.now() < state.until else { return false }
            state.until = max(state.until, sentAt + lease)
            return true
        }
        if !isInTime { end(.lapsed) }
        return isInTime && ending.value == nil
    }

    /// Ends the session with all that hangs on it.
    package func end(_ reason: LeaseEnd) {
        ending.set(reason)
        let (leases, membership) = state.withLock { state in
            defer { (state.leases, state.membership) = ([:], nil) }
            return (state.leases.valuesInOrder, state.membership)
        }
        // Leases ask the session, too: whoever is told of one end sees the others.
        membership?.ending.set(reason)
        for lease in leases { lease.ending.set(reason) }
    }

    // MARK: What hangs on it

    package func lease(of key: CoordinationKey) -> Lease? { state.withLock { $0.leases[key] } }

    package var leases: [Lease] { state.withLock { $0.leases.valuesInOrder } }

    package var membership: Membership? { state.withLock { $0.membership } }

    package func adopt(_ lease: Lease) {
        state.withLock { $0.leases[lease.key] = lease }
        if let reason = ending.value { lease.ending.set(reason) }
    }

    package func adopt(_ membership: Membership) {
        state.withLock { $0.membership = membership }
        if let reason = ending.value { membership.ending.set(reason) }
    }

    /// Forgets a claim that was given back; false where it is none of the session's any more.
    @discardableResult
    package func drop(_ lease: Lease) -> Bool {
        state.withLock { state in
            guard state.leases[lease.key] === lease else { return false }
            state.leases[lease.key] = nil
            return true
        }
    }

    package func drop(_ membership: Membership) {
        state.withLock { if $0.membership === membership { $0.membership = nil } }
    }
}
