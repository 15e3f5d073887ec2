/// The rules for names of topics: 1 to 200 letters, digits, `.`, `_` and `-` (ASCII), not beginning with a dot.
enum TopicName {
    static let longest = 200
    /// What the names of the log's own topics begin with; users can read them, but neither create, write nor delete them.
    static let internalPrefix = "_penstock."

    static func isInternal(_ name: String) -> Bool { name.hasPrefix(internalPrefix) }

    static func validate(_ name: String) throws(LogError) {
        guard let problem = problem(of: name) else { return }
        if LogLocation.isElsewhere(name) {
            throw LogError(
                .invalidTopicName, "\(quoted(name)) is a topic of brokers, and this log is a directory",
                hint: "build the program with the package trait Broker, which is on by default")
        }
        throw LogError(
            .invalidTopicName, "\(quoted(name)) cannot be the name of a topic: \(problem)",
            hint: "use 1 to \(longest) letters, digits, '.', '_' and '-', and no dot at the beginning")
    }

    /// Refuses the names that the log keeps for itself.
    static func refuseInternal(_ name: String) throws(LogError) {
        guard isInternal(name) else { return }
        throw LogError(
            .invalidTopicName, "\(name) is a topic of the log's own: only the log creates, writes and deletes it",
            hint: "choose a name that does not begin with \(internalPrefix)")
    }

    /// A name as a message tells it: on one line, and not longer than a person reads.
    static func quoted(_ name: String) -> String {
        let shown = name.unicodeScalars.prefix(60).map { $0.value < 0x20 || $0.value == 0x7F ? "?" : Character($0) }
        return "\"" + String(shown) + (name.unicodeScalars.count > 60 ? "…" : "") + "\""
    }

    static func problem(of name: String) -> String? {
        if name.isEmpty { return "it is empty" }
        if name.utf8.count > longest { return "it has \(name.utf8.count) bytes" }
        if name.hasPrefix(".") { return "it begins with a dot" }
        if name == LogDirectory.superfile { return "the log keeps its own file under that name" }
        let allowed = name.utf8.allSatisfy { byte in
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "."), UInt8(ascii: "_"), UInt8(ascii: "-"):
                true
            default: false
            }
        }
        return allowed ? nil : "it has a character outside of letters, digits, '.', '_' and '-'"
    }
}
