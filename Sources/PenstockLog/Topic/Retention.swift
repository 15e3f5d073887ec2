/// When records of a topic may go. Whole segments go, the oldest first, and never the one that is being written.
///
/// A segment goes as soon as `bytes` or `age` say so, unless a group of `untilConsumedBy` has not consumed it. Where only groups are
/// named, it goes as soon as all of them have consumed it. Where nothing is named, everything stays.
public struct Retention: Sendable, Hashable {
    /// At least this many bytes of segments stay, at most a segment more; at least 1. Nil: any number.
    public var bytes: Int?
    /// A segment whose last record was appended longer ago goes; 1 ns or more. Nil: any age.
    public var age: Duration?
    /// Consumer groups, at most 16, whose committed positions hold back everything at and behind the lowest of them. A group that
    /// has committed nothing yet holds everything. Sorted by their bytes.
    public private(set) var untilConsumedBy: [String]

    /// Everything stays.
    public static let everything = Retention()

    /// A retention.
    public init(bytes: Int? = nil, age: Duration? = nil, untilConsumedBy groups: [String] = []) {
        self.bytes = bytes
        self.age = age
        untilConsumedBy = groups.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
    }

    static let mostGroups = 16

    func validate(topic: String) throws(LogError) {
        func refuse(_ what: String, _ hint: String) -> LogError {
            LogError(.invalidConfiguration, "topic \(topic) cannot \(what)", hint: hint)
        }
        if let bytes, bytes < 1 {
            throw refuse("keep \(bytes) bytes", "choose at least 1 byte; the segment being written always stays")
        }
        if let age, age.nanoseconds < 1 { throw refuse("keep records for \(age)", "choose a nanosecond or more") }
        guard untilConsumedBy.count <= Self.mostGroups else {
            throw refuse("wait for \(untilConsumedBy.count) groups", "name at most \(Self.mostGroups)")
        }
        for (index, group) in untilConsumedBy.enumerated() {
            try GroupName.validate(group)
            guard index == 0 || untilConsumedBy[index - 1] != group else {
                throw refuse("wait for the group \(group) twice", "name each group once")
            }
        }
    }
}
