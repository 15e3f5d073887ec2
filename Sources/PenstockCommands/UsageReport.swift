/// A wrong command line as ArgumentParser tells it, made an error and a hint like all others: without the list of all options.
package struct UsageReport {
    package let lines: [String]

    /// - Parameter message: what ArgumentParser prints: the error, the help of one option, the usage, and the command that tells more.
    package init(_ message: String) {
        enum Part {
            case error
            case help
            case usage
        }
        var part = Part.error
        var error: [Substring] = []
        var help: [Substring] = []
        var advice: [String] = []
        for line in message.split(separator: "\n") {
            var text = line
            if let rest = line.dropping("Error: ") { (part, text) = (.error, rest) }
            if let rest = line.dropping("Help: ") { (part, text) = (.help, rest) }
            if line.dropping("Usage: ") != nil { part = .usage }
            if let rest = line.dropping("  See '") {
                advice.append("\(rest.prefix { $0 != "'" }) tells more")
                continue
            }
            switch part {
            case .error: error.append(text)
            case .help: help.append(text)
            case .usage: break
            }
        }
        // An option stands apart from what it means by two spaces.
        let words = help.joined(separator: " ").split(separator: "  ", maxSplits: 1).map { $0.drop { $0 == " " } }
        if !words.isEmpty { advice.insert(words.joined(separator: ": "), at: 0) }
        lines =
            ["error: " + error.joined(separator: "\n")]
            + (advice.isEmpty ? [] : ["hint: " + advice.joined(separator: " ")])
    }
}

extension Substring {
    fileprivate func dropping(_ prefix: String) -> Substring? { hasPrefix(prefix) ? dropFirst(prefix.count) : nil }
}
