internal import PenstockEvents

/// Instants as tokens have them: whole seconds since 1970 (RFC 7519, section 2), until 2106.
enum NumericDate {
    private static let secondsMax: Int64 = 1 << 32
    private static let second: Int64 = 1_000_000_000

    /// The instant that a number says; nil where it is no whole number of seconds that an instant can have.
    static func timestamp(_ json: JSON) -> Timestamp? {
        guard let seconds = json.integer(Int64.self), (0...secondsMax).contains(seconds) else { return nil }
        return Timestamp(nanoseconds: seconds * second)
    }

    static func json(_ time: Timestamp) -> JSON { .number(time.nanoseconds / second) }

    /// The whole second before.
    static func floor(_ time: Timestamp) -> Timestamp {
        Timestamp(nanoseconds: time.nanoseconds / second * second)
    }

    /// The whole seconds of a duration, in nanoseconds.
    static func floor(_ duration: Duration) -> Int64 { duration.nanoseconds / second * second }

    static func isPossible(_ time: Timestamp) -> Bool { (0...secondsMax * second).contains(time.nanoseconds) }
}
