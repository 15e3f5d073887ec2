/// One thing that an identity may do: `produce:PATTERN`, `consume:PATTERN` or `admin`.
public enum Scope: Sendable, Hashable, CustomStringConvertible {
    /// To append to the topics that the pattern means.
    case produce(TopicPattern)
    /// To read the topics that the pattern means, and to move the positions of groups in them.
    case consume(TopicPattern)
    /// To create, change and delete topics, and to read those that the log keeps for itself. It grants neither
    /// `produce` nor `consume`.
    case admin

    /// A scope from what is written.
    /// - Throws: `SecurityError` with code `invalidScope`.
    public init(_ text: String) throws(SecurityError) {
        if text == "admin" {
            self = .admin
        } else if let pattern = Self.rest(of: text, behind: "produce:") {
            self = .produce(try TopicPattern(pattern))
        } else if let pattern = Self.rest(of: text, behind: "consume:") {
            self = .consume(try TopicPattern(pattern))
        } else {
            throw SecurityError(
                .invalidScope, "\(SecurityError.quoted(text)) is no scope",
                hint: "write produce:PATTERN, consume:PATTERN or admin, for example consume:raw.*")
        }
    }

    /// The scope as it is written.
    public var description: String {
        switch self {
        case .produce(let pattern): "produce:\(pattern)"
        case .consume(let pattern): "consume:\(pattern)"
        case .admin: "admin"
        }
    }

    // By bytes: texts of Unicode that look the same are equal as strings.
    private static func rest(of text: String, behind prefix: String) -> String? {
        guard text.utf8.starts(with: prefix.utf8) else { return nil }
        return String(decoding: text.utf8.dropFirst(prefix.utf8.count), as: UTF8.self)
    }
}
