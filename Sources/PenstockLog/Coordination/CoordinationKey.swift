/// The name of something that has one owner at a time, or of a small value: `topics/readings/3`.
///
/// One or more parts with slashes between them. A part has letters, digits, `.`, `_` and `-` (ASCII), and does not begin with a dot; all
/// together have at most 240 bytes.
public struct CoordinationKey: Sendable, Hashable, Comparable, CustomStringConvertible {
    /// The most bytes that a key may have: with it, it is still the name of one file.
    public static let longest = 240

    /// The key as it is written.
    public let description: String

    /// A key.
    /// - Throws: `CoordinatorError` with code `invalidKey`.
    public init(_ text: String) throws(CoordinatorError) {
        let parts = text.split(separator: "/", omittingEmptySubsequences: false)
        guard text.utf8.count <= Self.longest, parts.allSatisfy({ Self.isPart($0) }) else {
            throw CoordinatorError(
                .invalidKey, "\(TopicName.quoted(text)) cannot be a key of the coordinator",
                hint: "use at most \(Self.longest) letters, digits, '.', '_' and '-' in parts with '/' between them; "
                    + "no part is empty or begins with a dot")
        }
        description = text
    }

    /// What the keys of partitions begin with.
    public static let partitions = "partitions/"
    /// What the keys of consumer groups begin with.
    public static let groups = "groups/"

    /// The key of the ownership of a partition, or of the group whose positions are in it.
    public init(owning partition: TopicPartition) throws(CoordinatorError) {
        if let group = GroupName.group(of: partition.topic) {
            try self.init(Self.groups + group)
        } else {
            try self.init("\(Self.partitions)\(partition.topic)/\(partition.partition)")
        }
    }

    /// By bytes.
    public static func < (a: CoordinationKey, b: CoordinationKey) -> Bool {
        a.description.utf8.lexicographicallyPrecedes(b.description.utf8)
    }

    private static func isPart(_ part: Substring) -> Bool {
        !part.isEmpty && !part.hasPrefix(".")
            && part.utf8.allSatisfy { byte in
                switch byte {
                case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                    UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "."), UInt8(ascii: "_"), UInt8(ascii: "-"):
                    true
                default: false
                }
            }
    }
}
