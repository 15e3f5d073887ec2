internal import ArgumentParser
internal import PenstockEvents

/// How the commands about keys and certificates tell what they have done.
struct SecurityReport: ParsableArguments {
    @Flag(help: "Print JSON instead of text.") var json = false

    /// Prints lines of text, or the members of an object.
    func print(_ lines: [String], _ members: KeyValuePairs<String, JSON?>) throws {
        for line in json ? [JSON.members(members).compact] : lines { try StandardOutput.shared.print(line) }
    }

    /// An instant as a person reads it: to the second.
    static func text(_ time: Timestamp) -> String { time.iso8601.prefix(19) + "Z" }
}
