internal import PenstockEvents

/// Which events of two inputs with the same key belong together, by the distance of their times.
public enum TimedJoinRule: Sendable {
    /// Pairs in which the right event is from `lower` to `upper` nanoseconds behind the left one, both included.
    case interval(lower: Int64, upper: Int64)
    /// For each left event one right event, the one in effect at its time.
    case asOf(AsOf)
    /// Events that follow each other within `gap` nanoseconds on either side.
    case session(gap: Int64)

    /// Which right event is in effect.
    public struct AsOf: Sendable {
        /// Where it lies in time.
        public enum Direction: String, Sendable, Hashable {
            /// The latest one that is not later.
            case backward
            /// The earliest one that is not earlier.
            case forward
            /// The closer of both, of two equally close ones the earlier.
            case nearest
        }

        /// Where it lies in time.
        public var direction: Direction
        /// Whether an event of the same time does not count.
        public var isStrict: Bool
        /// The largest distance in nanoseconds; nil for any.
        public var tolerance: Int64?
        /// Whether a right event says that from then on there is none.
        public var endsValue: (@Sendable (UnsafeRawPointer) -> Bool)?

        /// A rule.
        public init(
            _ direction: Direction = .backward, isStrict: Bool = false, tolerance: Int64? = nil,
            endsValue: (@Sendable (UnsafeRawPointer) -> Bool)? = nil
        ) {
            self.direction = direction
            self.isStrict = isStrict
            self.tolerance = tolerance
            self.endsValue = endsValue
        }
    }

    /// How long after a left event, after its row's time, what belongs to it may still come.
    func delay(_ kind: JoinKind) -> Int64 {
        switch self {
        case .interval(let lower, let upper):
            max(kind.keepsLeft ? max(0, upper) : 0, kind.keepsRight ? max(0, -lower) : 0)
        case .asOf(let rule): rule.direction == .backward ? 0 : rule.tolerance ?? 0
        case .session: 0
        }
    }

    /// When an event is looked at for rows; nil for an event that gives none by itself.
    func due(_ time: Int64, input: UInt8) -> Int64? {
        switch self {
        case .interval: time
        case .asOf: input == 0 ? time : nil
        case .session(let gap): time + gap
        }
    }

    /// When no event that is looked at later needs this one any more, or one of before it; nil where that is not known.
    func expiry(_ time: Int64, input: UInt8) -> Int64? {
        switch self {
        case .interval(let lower, let upper): time + max(0, input == 0 ? upper : -lower)
        case .asOf(let rule): input == 0 ? nil : rule.direction == .forward ? time : time + (rule.tolerance ?? 0)
        case .session: nil
        }
    }

    /// What is wrong with the numbers, or nil.
    var defect: String? {
        let longest = TimeWindows.longest
        switch self {
        case .interval(let lower, let upper):
            if lower > upper { return "an interval's lower end (\(lower) ns) lies above its upper end (\(upper) ns)" }
            return lower < -longest || upper > longest ? "an interval's end is more than 2^60 ns (36 years) away" : nil
        case .asOf(let rule):
            if let tolerance = rule.tolerance {
                if tolerance < 0 { return "a tolerance must not be negative, but it is \(tolerance) ns" }
                return tolerance > longest ? "a tolerance is longer than 2^60 ns (36 years)" : nil
            }
            return rule.direction == .backward ? nil : "a join that looks forward needs a tolerance"
        case .session(let gap): return SessionWindows.defect(gap: gap)
        }
    }

    /// The rule in words, for `explain`.
    var summary: String {
        switch self {
        case .interval(let lower, let upper): "from \(lower) ns to \(upper) ns behind"
        case .asOf(let rule):
            "as of its time, \(rule.direction.rawValue)" + (rule.isStrict ? ", strictly" : "")
                + (rule.tolerance.map { ", at most \($0) ns away" } ?? "")
        case .session(let gap): "sessions, gap \(gap) ns"
        }
    }
}
