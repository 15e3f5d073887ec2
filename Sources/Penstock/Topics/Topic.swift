public import PenstockEvents
internal import PenstockLog

/// A topic of a log: a persistent stream of events of one type, under a name.
public struct Topic<Value: Event>: Sendable, Hashable {
    /// The topic's name: letters, digits, `.`, `_` and `-`; in front of it, where it is not in the run's own log, where that log is.
    public let name: String

    /// The topic `name`, which holds events of `type`, in the run's own log or another one.
    public init(_ name: String, of type: Value.Type = Value.self, at location: TopicLocation = .ownLog) {
        switch location {
        case .ownLog: self.name = name
        case .cluster(let brokers): self.name = LogLocation.name(of: name, at: brokers)
        }
    }
}

/// In which log a topic is.
public enum TopicLocation: Sendable, Hashable {
    /// In the log of the run: what `--log` says.
    case ownLog
    /// In the log of the brokers at `penstock://HOST:PORT`, several with commas between them. How they are reached, and how the program
    /// proves who it is, the environment says: `PENSTOCK_CA`, `PENSTOCK_TOKEN_FILE` and others, as for `--log`.
    case cluster(String)
}
