/// Instants at which sessions may end, each with the key of the session: a radix heap (R. K. Ahuja, K. Mehlhorn, J. B. Orlin,
/// R. E. Tarjan, 1990, DOI 10.1145/77600.77615).
///
/// The heap knows the limit up to which all has been taken out; what is in it lies behind that. A deadline stands in the bucket of the
/// highest bit in which it differs from the limit, so it moves to a lower bucket, never back, while the limit rises: at most once a bit.
struct DeadlineQueue {
    struct Deadline: BitwiseCopyable {
        let time: Int64
        let code: UInt64
    }

    private var buckets: [[Deadline]] = Array(repeating: [], count: 65)
    private var limit = Int64.min

    /// Adds an instant behind all limits so far.
    mutating func add(_ deadline: Deadline) {
        precondition(deadline.time > limit, "a session may end at an instant that has passed")
        buckets[Self.bucket(deadline.time, limit)].append(deadline)
    }

    /// Takes out all instants up to a new limit, in no particular order.
    mutating func take(upTo newLimit: Int64, into due: inout [Deadline]) {
        guard newLimit > limit else { return }
        let split = Self.bucket(newLimit, limit)
        limit = newLimit
        // Below the bucket of the new limit all instants are smaller, above it all are larger.
        for lower in 0..<split where !buckets[lower].isEmpty {
            due.append(contentsOf: buckets[lower])
            buckets[lower].removeAll(keepingCapacity: true)
        }
        guard !buckets[split].isEmpty else { return }
        var parted: [Deadline] = []
        swap(&parted, &buckets[split])
        for deadline in parted {
            if deadline.time <= newLimit { due.append(deadline) } else { add(deadline) }
        }
        parted.removeAll(keepingCapacity: true)
        swap(&parted, &buckets[split])
    }

    private static func bucket(_ time: Int64, _ limit: Int64) -> Int { 64 - (time ^ limit).leadingZeroBitCount }
}
