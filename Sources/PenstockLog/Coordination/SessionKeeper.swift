/// Keeps a session alive: renews it four times in a lease, and ends it when it lapses, also where a renewal hangs.
package final class SessionKeeper: Sendable {
    private let tasks: [Task<Void, Never>]

    /// - Parameter renew: renews the session by `LeaseSession.renew`; returns false where there is nothing to renew any more.
    package init(
        _ session: LeaseSession, timing: LeaseTiming, clock: any MonotonicClock,
        renew: @escaping @Sendable () async -> Bool
    ) {
        tasks = [
            Task {
                while session.ending.value == nil {
                    do { try await clock.sleep(until: clock.now() + timing.renewalInterval) } catch { return }
                    guard await renew() else { return }
                }
            },
            Task {
                while session.ending.value == nil {
                    do { try await clock.sleep(until: session.until) } catch { return }
                    if !session.holds(at: clock.now()) { session.end(.lapsed) }
                }
            },
        ]
    }

    deinit { for task in tasks { task.cancel() } }
}
