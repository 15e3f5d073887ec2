/// How often a state is asked for: often while it changes, less and less often while it does not.
public struct PollPace: Sendable {
    private static let shortest = Duration.seconds(1)
    private static let longest = Duration.seconds(30)

    private var pause = PollPace.shortest
    private var last: [JobState]?

    /// A pace that begins with the shortest pause.
    public init() {}

    /// The pause before the next question: 1 s behind a change, half as much again each time, 30 s at most.
    public mutating func next(hasChanged states: [JobState]) -> Duration {
        defer { last = states }
        pause = states == last ? min(pause * 3 / 2, Self.longest) : Self.shortest
        return pause
    }
}
