public import PenstockEvents

/// How the events of a feedback are read again.
public struct FeedbackRule: Sendable {
    /// The most rounds that are read, or nil for reading events as they come.
    let rounds: Int?
    /// The records with which the feedback begins.
    let makeInitial: @Sendable () -> RecordWriter
    /// How many there are.
    let initialCount: Int

    /// A feedback that begins with some events.
    public init<E: Event>(initial: [E], rounds: Int?) {
        self.rounds = rounds
        initialCount = initial.count
        makeInitial = {
            var records = RecordWriter(expectedRecords: initial.count)
            for event in initial { records.append(event) }
            return records
        }
    }

    /// Whether it is read in rounds, so that what is read depends on nothing but the events.
    public var isInRounds: Bool { rounds != nil }

    /// What is wrong with the numbers, or nil.
    var defect: String? {
        guard let rounds, rounds < 0 else { return nil }
        return "\(rounds) rounds are not possible"
    }
}
