/// A pattern of names of topics: the characters that names have, and `*`, which stands for any run of them, also for
/// none.
///
/// A pattern means the whole name: `raw.*` matches `raw.` and `raw.frames.1`, and neither `raw` nor `draw.frames`.
/// Upper and lower case differ, and `.` is a character like any other. `*` alone matches every topic that is not the
/// log's own: those, whose names begin with `_penstock.`, no pattern matches, not even one that is spelled like them.
public struct TopicPattern: Sendable, Hashable, CustomStringConvertible {
    /// The most bytes of a pattern, and of a name that one can match.
    public static let bytesMax = 200
    /// What the names of the topics that the log keeps for itself begin with.
    public static let internalPrefix = "_penstock."

    /// The pattern as it is written.
    public let text: String

    /// A pattern from what is written.
    /// - Throws: `SecurityError` with code `invalidScope` where it is empty, too long, or has a character that neither
    ///   a name of a topic nor a pattern can have.
    public init(_ text: String) throws(SecurityError) {
        let quoted = SecurityError.quoted(text)
        guard !text.isEmpty, text.utf8.count <= Self.bytesMax else {
            let problem = text.isEmpty ? "it is empty" : "it has \(text.utf8.count) bytes"
            throw SecurityError(
                .invalidScope, "\(quoted) is no pattern of topics: \(problem)",
                hint: "a pattern has 1 to \(Self.bytesMax) characters, for example raw.*")
        }
        guard text.utf8.allSatisfy({ Self.isOfName($0) || $0 == Self.star }) else {
            throw SecurityError(
                .invalidScope, "\(quoted) is no pattern of topics: it has a character that names of topics do not have",
                hint: "use letters, digits, '.', '_' and '-', and '*' for any run of them")
        }
        guard !text.utf8.starts(with: Self.internalPrefix.utf8) else {
            throw SecurityError(
                .invalidScope, "\(quoted) means topics that the log keeps for itself, which no pattern grants",
                hint: "the scope admin lets read them")
        }
        self.text = text
    }

    /// The pattern as it is written.
    public var description: String { text }

    /// Whether the pattern means this topic. Takes at most the product of both lengths.
    public func matches(_ topic: String) -> Bool {
        guard Self.isName(topic), !Self.isInternal(topic) else { return false }
        let (pattern, name) = (Array(text.utf8), Array(topic.utf8))
        var (p, n) = (0, 0)
        // Behind the last star so far, and how far that star reaches.
        var resume: (pattern: Int, name: Int)?
        while n < name.count {
            if p < pattern.count, pattern[p] == Self.star {
                p += 1
                resume = (p, n)
            } else if p < pattern.count, pattern[p] == name[n] {
                (p, n) = (p + 1, n + 1)
            } else if let last = resume {
                (p, n) = (last.pattern, last.name + 1)
                resume = (p, n)
            } else {
                return false
            }
        }
        return pattern[p...].allSatisfy { $0 == Self.star }
    }

    /// Whether a topic is one that the log keeps for itself.
    static func isInternal(_ topic: String) -> Bool { topic.utf8.starts(with: internalPrefix.utf8) }

    /// Whether a text has the length and the characters of a topic's name.
    static func isName(_ topic: String) -> Bool {
        (1...bytesMax).contains(topic.utf8.count) && topic.utf8.allSatisfy(isOfName)
    }

    private static let star = UInt8(ascii: "*")

    private static func isOfName(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "."), UInt8(ascii: "_"), UInt8(ascii: "-"):
            true
        default: false
        }
    }
}
