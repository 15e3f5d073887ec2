import PenstockLog
import PenstockTesting

/// What the committed positions of a consumer group may be.
struct GroupModel {
    typealias Offsets = [TopicPartition: UInt64]

    /// The first is what was acknowledged or found last; the others were tried since.
    private var possible: [Offsets] = [[:]]
    /// Whether a sync failed, so that what an owner found may be lost with the power.
    private var isUncertain = false

    mutating func beginCommit(_ change: Offsets) {
        possible.append(possible[0].merging(change) { _, new in new })
    }

    /// The last commit returned.
    mutating func endCommit() { possible = [possible[possible.count - 1]] }

    mutating func crash(_ kind: Crash, hadFailedSync: Bool) { isUncertain = hadFailedSync }

    /// A reader found these positions.
    func check(_ found: Offsets) throws(Violation) {
        guard possible.contains(found) else {
            throw Violation("the group's positions are \(found) and may be \(possible)")
        }
    }

    /// A new owner found these positions: they must stay.
    mutating func settle(_ found: Offsets) throws(Violation) {
        try check(found)
        possible = [found] + (isUncertain ? possible.filter { $0 != found } : [])
    }
}
