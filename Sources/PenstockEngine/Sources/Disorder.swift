internal import PenstockEvents

/// How far out of order the events of a source can be, by event time. There is no default for topics: whoever reads one has to say.
public struct Disorder: Sendable, Hashable {
    /// The bound in nanoseconds; nil where only time marks in the stream move the watermark.
    let boundNanoseconds: Int64?

    /// An event is at most `bound` earlier than the latest one before it. Rarer ones are late.
    public static func bounded(by bound: Duration) -> Disorder { Disorder(boundNanoseconds: bound.nanoseconds) }

    /// Event times never fall.
    public static let ascending = Disorder(boundNanoseconds: 0)

    /// Only time marks in the stream say how far time has come.
    public static let marks = Disorder(boundNanoseconds: nil)

    /// What is wrong with the bound, or nil.
    var defect: String? {
        guard let bound = boundNanoseconds else { return nil }
        return bound < 0 || bound > TimeWindows.longest
            ? "a disorder bound must lie between 0 and 2^60 ns (36 years), but it is \(bound) ns" : nil
    }
}
