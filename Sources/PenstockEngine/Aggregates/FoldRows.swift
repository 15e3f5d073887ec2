public import PenstockEvents

/// Rows of a batch that are added to states: their values, times and places.
///
/// The memory is that of a batch, which whoever calls the kernel keeps until it returns.
public struct FoldRows {
    /// The rows that are added, in order.
    public let rows: Rows
    /// The values of the batch by row.
    public let values: UnsafeRawPointer
    /// The times of the batch in nanoseconds by row.
    public let times: UnsafePointer<Int64>
    /// The effective times by row: the same memory as `times` where no event is behind.
    public let effectiveTimes: UnsafePointer<Int64>
    /// Where the events come from.
    public let origin: Origin
    /// The number of row 0 within its origin.
    public let baseSequence: UInt64
    /// The numbers of the rows within their origin, where they are not `baseSequence` and so on.
    @usableFromInline let numbers: UnsafePointer<UInt64>?
    /// The hashes of the keys with which the sequence of the rows begins, of keys of at most 64 bits; nil for other rows.
    @usableFromInline let placeKeys: UnsafePointer<UInt64>?
    /// The key of the one event, where there is no column.
    @usableFromInline let placeKey: UInt64

    init(_ batch: Batch, rows: Rows, values: UnsafeRawPointer, effectiveTimes: UnsafePointer<Int64>?) {
        self.rows = rows
        self.values = values
        times = UnsafePointer(batch.times.values)
        self.effectiveTimes = effectiveTimes ?? times
        origin = batch.origin
        baseSequence = batch.baseSequence
        numbers = batch.numbers.map { UnsafePointer($0.values) }
        placeKeys = batch.placeKeys.flatMap { $0.arena == nil ? UnsafePointer($0.hashes.values) : nil }
        placeKey = 0
    }

    /// One event by itself, as row 0; the pointers must be valid while it is added.
    init(
        value: UnsafeRawPointer, time: UnsafePointer<Int64>, effectiveTime: UnsafePointer<Int64>, at place: EventPlace
    ) {
        rows = Rows(count: 1, indices: nil)
        values = value
        times = time
        effectiveTimes = effectiveTime
        origin = place.origin
        baseSequence = place.sequence
        numbers = nil
        placeKeys = nil
        placeKey = place.key
    }

    /// The place of a row in canonical order.
    @inlinable @inline(__always) public func place(_ row: Int) -> EventPlace {
        EventPlace(
            nanoseconds: times[row], effectiveNanoseconds: effectiveTimes[row], origin: origin,
            key: placeKeys.map { SplitMix64.unmix($0[row]) } ?? placeKey,
            sequence: numbers.map { $0[row] } ?? baseSequence &+ UInt64(row))
    }

    /// Calls `body` with each row and its number among the rows, until it throws.
    @inlinable @inline(__always)
    public func forEach<Failure: Error>(_ body: (_ k: Int, _ row: Int) throws(Failure) -> Void) -> KernelOutcome {
        var k = 0
        do throws(Failure) {
            if let indices = rows.indices {
                while k < rows.count {
                    try body(k, Int(indices[k]))
                    k &+= 1
                }
            } else {
                while k < rows.count {
                    try body(k, k)
                    k &+= 1
                }
            }
        } catch {
            return KernelOutcome(failedAt: k, error)
        }
        return KernelOutcome(processed: rows.count)
    }
}
