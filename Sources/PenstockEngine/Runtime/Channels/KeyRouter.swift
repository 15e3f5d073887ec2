internal import PenstockEvents

/// Shares the events of a keyed stream among the instances of the next stage, by key group.
///
/// Of large batches each instance gets the same columns with a selection of its own; rows of small ones are copied.
struct KeyRouter {
    private let instances: Int

    init(instances: Int) { self.instances = instances }

    /// The instance that owns the key with this hash.
    static func instance(of hash: UInt64, among instances: Int) -> Int {
        KeyGroup.partition(of: hash, among: instances)
    }

    /// The key group of the key with this hash, below `PhysicalPlan.largestParallelism`.
    static func group(of hash: UInt64) -> UInt64 { KeyGroup.group(of: hash) }

    /// The instance that owns a key group.
    static func instance(ofGroup group: UInt64, among instances: Int) -> Int {
        KeyGroup.owner(of: group, among: instances)
    }

    /// The part of a batch for each instance; nil where an instance has no events in it.
    func split(_ batch: Batch) -> [Batch?] {
        var parts: [Batch?] = []
        share(batch) { rows, count in
            guard count > 0 else { return parts.append(nil) }
            let column = Column<UInt32>(capacity: count)
            column.values.update(from: rows, count: count)
            var part = batch
            part.selection = Selection(column, count: count)
            parts.append(part)
        }
        return parts
    }

    /// Calls `body` for each instance in order with its rows of a batch.
    func share<Failure: Error>(
        _ batch: Batch, _ body: (UnsafePointer<UInt32>, Int) throws(Failure) -> Void
    ) throws(Failure) {
        guard let keys = batch.keys else { preconditionFailure("events without a key reached a shuffle") }
        let room = batch.count
        let rows = Column<UInt32>(capacity: room * instances)
        let counts = Column<Int>(capacity: instances)
        counts.values.initialize(repeating: 0, count: instances)
        let (places, ends, hashes) = (rows.values, counts.values, keys.hashes.values)
        batch.forEachRow { row in
            let instance = KeyRouter.instance(of: hashes[row], among: instances)
            places[instance &* room &+ ends[instance]] = UInt32(truncatingIfNeeded: row)
            ends[instance] &+= 1
        }
        for instance in 0..<instances { try body(places + instance * room, ends[instance]) }
        withExtendedLifetime((rows, counts)) {}
    }
}
