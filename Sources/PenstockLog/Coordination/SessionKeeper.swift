/// Keeps a session alive while it lives itself: renews it four times in a lease. Ends it when it lapses, also where a renewal hangs.
///
/// It works on a thread of its own: a program that keeps every thread of Swift concurrency busy does not lose its leases by that.
package final class SessionKeeper: Sendable {
    private static let thread = StorageThread(label: label)
    private static let label = "penstock-log.leases"
    private let renewal: Task<Void, Never>

    /// - Parameters:
    ///   - scheduler: runs the thread, where something else than the system does.
    ///   - renew: renews the session by `LeaseSession.renew`; returns false where there is nothing to renew any more.
    package init(
        _ session: LeaseSession, timing: LeaseTiming, clock: any MonotonicClock,
        scheduler: (any StorageScheduler)? = nil, renew: @escaping @Sendable () async -> Bool
    ) {
        let thread = scheduler.map { StorageThread(label: Self.label, scheduler: $0) } ?? Self.thread
        renewal = Task(executorPreference: thread) {
            while session.ending.value == nil {
                do { try await clock.sleep(until: clock.now() + timing.renewalInterval) } catch { return }
                guard await renew() else { return }
            }
        }
        // Not cancelled with the renewals: who waits for the end of a lease that nobody renews any more is told of it.
        Task(executorPreference: thread) {
            while session.ending.value == nil {
                do { try await clock.sleep(until: session.until) } catch { return }
                if !session.holds(at: clock.now()) { session.end(.lapsed) }
            }
        }
    }

    deinit { renewal.cancel() }
}
