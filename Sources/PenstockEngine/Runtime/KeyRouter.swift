internal import PenstockEvents

/// Shares the events of a keyed stream among the instances of the next stage, by key group.
///
/// Nothing is copied: each instance gets the same columns with a selection of its own.
struct KeyRouter {
    private let instances: Int

    init(instances: Int) { self.instances = instances }

    /// The instance that owns the key with this hash: group = hash's upper half scaled to the number of groups, groups in equal ranges.
    static func instance(of hash: UInt64, among instances: Int) -> Int {
        instance(ofGroup: group(of: hash), among: instances)
    }

    /// The key group of the key with this hash, below `PhysicalPlan.largestParallelism`.
    static func group(of hash: UInt64) -> UInt64 {
        ((hash >> 32) * UInt64(PhysicalPlan.largestParallelism)) >> 32
    }

    /// The instance that owns a key group.
    static func instance(ofGroup group: UInt64, among instances: Int) -> Int {
        Int(group * UInt64(instances) / UInt64(PhysicalPlan.largestParallelism))
    }

    /// The part of a batch for each instance; nil where an instance has no events in it.
    func split(_ batch: Batch) -> [Batch?] {
        guard let keys = batch.keys else { preconditionFailure("events without a key reached a shuffle") }
        let rows = (0..<instances).map { _ in Column<UInt32>(capacity: batch.count) }
        var counts = Array(repeating: 0, count: instances)
        batch.forEachRow { row in
            let instance = KeyRouter.instance(of: keys.hashes.values[row], among: instances)
            rows[instance].values[counts[instance]] = UInt32(row)
            counts[instance] += 1
        }
        return (0..<instances).map { instance in
            guard counts[instance] > 0 else { return nil }
            var part = batch
            part.selection = Selection(rows[instance], count: counts[instance])
            return part
        }
    }
}
