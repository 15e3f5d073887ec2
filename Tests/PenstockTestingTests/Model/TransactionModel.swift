import PenstockLog
import PenstockTesting

/// What must be and must not be true of a transaction, for all its partitions alike.
final class TransactionModel {
    enum State {
        /// Its commit was not asked for.
        case open
        /// Whether it committed is not known.
        case committing
        case committed
        case dropped
    }

    private(set) var state = State.open
    private var isAcknowledged = false
    /// Nothing is promised any more: its partitions survive less than what happened.
    var isVoid = false

    /// Whether all its records must be there.
    var mustShow: Bool { state == .committed && !isVoid }
    /// Whether its records may be delivered.
    var mayShow: Bool { state == .committing || state == .committed || isVoid }

    func beginCommit() { state = .committing }

    /// The commit returned.
    func acknowledge() {
        state = .committed
        isAcknowledged = true
    }

    /// A record of it was delivered, so all are there.
    func show() { if state == .committing { state = .committed } }

    /// It was aborted, or an owner did not find its records.
    func drop() { if state != .committed { state = .dropped } }

    /// The writer could not tell whether it was aborted.
    func leave() { if state == .open { state = .dropped } }

    /// A partition of it lives through a crash.
    func crash(_ kind: Crash, _ durability: Durability, hadFailedSync: Bool) {
        leave()
        guard kind == .power else { return }
        if durability != .durable || hadFailedSync && !isAcknowledged { isVoid = true }
    }
}
