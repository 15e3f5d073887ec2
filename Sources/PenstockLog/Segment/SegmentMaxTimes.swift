internal import PenstockEvents

/// The largest event times of the sealed segments of one partition, as far as a search by time has met them: the next search passes
/// over segments without opening them. Shared by the partition's readers; bounded by the number of its segments.
final class SegmentMaxTimes: Sendable {
    private let times = Guarded<[SegmentName: Int64]>([:])

    func maxTime(of segment: SegmentName) -> Int64? { times.withLock { $0[segment] } }

    func note(_ maxTime: Int64, of segment: SegmentName) { times.withLock { $0[segment] = maxTime } }

    /// Forgets segments that are not there any more.
    func keep(_ segments: [SegmentName]) {
        times.withLock { times in
            guard times.count > segments.count else { return }
            let present = Set(segments)
            times = times.filter { present.contains($0.key) }
        }
    }
}
