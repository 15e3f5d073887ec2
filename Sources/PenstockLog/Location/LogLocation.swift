/// Where a log is: a directory, or brokers that serve it. What `--log` takes.
public struct LogLocation: Sendable, Hashable, CustomStringConvertible {
    /// The two kinds of places.
    public enum Place: Sendable, Hashable {
        /// The directory at a path.
        case directory(String)
        /// What brokers serve, one or more, each as `HOST:PORT`, `HOST` alone where the port is the usual one.
        case brokers([String])
    }

    private static let scheme = "penstock://"
    private static let embedded = "embedded:"

    /// The location as it was written.
    public let description: String
    /// What was written.
    public let place: Place

    /// Reads `DIR`, `embedded:DIR`, or `penstock://HOST:PORT,HOST:PORT`. Whether brokers can have such addresses is seen when the log is opened.
    /// - Throws: `LogError` with code `invalidConfiguration`.
    public init(_ text: String) throws(LogError) {
        description = text
        if text.hasPrefix(Self.scheme) {
            let brokers = text.dropFirst(Self.scheme.count).split(separator: ",", omittingEmptySubsequences: false)
            place = .brokers(brokers.map(String.init))
        } else {
            let path = text.hasPrefix(Self.embedded) ? String(text.dropFirst(Self.embedded.count)) : text
            guard !path.isEmpty else {
                throw LogError(
                    .invalidConfiguration, "--log names no directory and no broker",
                    hint: "write a directory, or penstock://HOST:PORT")
            }
            place = .directory(path)
        }
    }

    /// The directory, where it is one.
    public var directory: String? { if case .directory(let path) = place { path } else { nil } }
}

extension LogLocation {
    /// The name of a topic of the log at `location`, for programs that have another log: `penstock://HOST:PORT/NAME`.
    public static func name(of topic: String, at location: String) -> String { "\(location)/\(topic)" }

    /// Whether a name is one of a topic elsewhere.
    public static func isElsewhere(_ topic: String) -> Bool { topic.hasPrefix(scheme) }

    /// The location and the topic's name there of a name as `name(of:at:)` makes it; nil where it is none.
    package static func split(_ name: String) -> (location: Substring, topic: Substring)? {
        guard isElsewhere(name), let slash = name.lastIndex(of: "/"),
            name.distance(from: name.startIndex, to: slash) >= scheme.count
        else { return nil }
        return (name[..<slash], name[name.index(after: slash)...])
    }
}
