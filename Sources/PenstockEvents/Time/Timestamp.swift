/// An instant of event time: signed nanoseconds since 1970-01-01T00:00:00Z.
///
/// Usable instants satisfy `|nanoseconds| <= 2^62`, so that sums of an instant and a duration never overflow. `.distantPast`
/// and `.distantFuture` stand for minus and plus infinity; they are watermarks, never times of an event.
public struct Timestamp: BitwiseCopyable, Sendable, Hashable, Comparable, Codable {
    /// Nanoseconds since the Unix epoch.
    public var nanoseconds: Int64

    /// An instant given in nanoseconds since the Unix epoch.
    @inlinable public init(nanoseconds: Int64) { self.nanoseconds = nanoseconds }

    /// Minus infinity: the watermark of a partition of which nothing was read yet.
    public static let distantPast = Timestamp(nanoseconds: .min)

    /// Plus infinity: the watermark of a partition that has ended.
    public static let distantFuture = Timestamp(nanoseconds: .max)

    /// The largest magnitude that the time of an event may have, 2^62 nanoseconds (about 146 years).
    @inlinable public static var limitNanoseconds: Int64 { 1 << 62 }

    /// Whether an event may have this time.
    @inlinable public var isUsable: Bool {
        nanoseconds >= -Timestamp.limitNanoseconds && nanoseconds <= Timestamp.limitNanoseconds
    }

    /// By time.
    @inlinable public static func < (a: Timestamp, b: Timestamp) -> Bool { a.nanoseconds < b.nanoseconds }

    /// The instant given in seconds since the Unix epoch; nil where it is not finite or not usable.
    ///
    /// It is rounded to the nearest nanosecond that a double can hold: to one below 2^53 nanoseconds (104 days), to multiples
    /// of 256 about the present day. So whole tenths of a second stay exact there, although their doubles are not.
    public init?(secondsSinceEpoch seconds: Double) {
        let scaled = (seconds * 1e9).rounded()
        guard scaled.isFinite, abs(scaled) <= Double(Timestamp.limitNanoseconds) else { return nil }
        self.init(nanoseconds: Int64(scaled))
    }

    /// Seconds since the Unix epoch; below 2^22 seconds (48 days) they come back to the same nanosecond, above they have a
    /// double's precision.
    public var secondsSinceEpoch: Double { Double(nanoseconds) / 1e9 }
}

extension Duration {
    /// The duration in whole nanoseconds, rounded towards zero and clamped to the range of `Int64`.
    public var nanoseconds: Int64 {
        let (seconds, attoseconds) = components
        let (product, overflow) = seconds.multipliedReportingOverflow(by: 1_000_000_000)
        guard !overflow else { return seconds < 0 ? .min : .max }
        let (sum, overflowed) = product.addingReportingOverflow(attoseconds / 1_000_000_000)
        return overflowed ? (seconds < 0 ? .min : .max) : sum
    }
}
