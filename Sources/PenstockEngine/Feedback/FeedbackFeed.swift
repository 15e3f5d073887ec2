internal import PenstockEvents

/// Reads what a run has written into the topic of a feedback.
///
/// With a number of rounds it reads when nothing else moves in the run any more, and then as much as there is: that is a round. So what is read
/// depends on nothing but the events. Without, it reads what has come whenever it looks.
struct FeedbackFeed: SourceFeed {
    private var topic: TopicFeed
    private let name: StageName
    /// Where it is written down when events are read; nil where that follows from the events, or nobody wants to know.
    private let journal: RunJournal?
    private let loop: FeedbackLoop
    private let rounds: Int?
    private var roundsBegun = 0
    /// The offset behind the last event of the present round.
    private var roundEnd: UInt64
    /// The numbers at the last look at the run.
    private var lastMark: [UInt64]?

    init(_ topic: TopicFeed, _ name: StageName, _ loop: FeedbackLoop, rounds: Int?, _ journal: RunJournal?) {
        self.topic = topic
        self.name = name
        self.journal = rounds == nil ? journal : nil
        self.loop = loop
        self.rounds = rounds
        roundEnd = topic.position.events
    }

    /// How far a round may go behind the place where it is read: what of a position says that has so many bits.
    private static let roundBits: UInt64 = 40

    /// With the round in place of the control records, of which the topic has none.
    var position: SourcePosition {
        let events = topic.position.events
        return SourcePosition(
            events: events, controls: UInt64(roundsBegun) << Self.roundBits | (max(roundEnd, events) - events))
    }

    var passesOnMarks: Bool { true }

    mutating func begin(at position: SourcePosition, eventLimit: Int) async throws {
        try await topic.begin(at: SourcePosition(events: position.events), eventLimit: eventLimit)
        roundsBegun = Int(position.controls >> Self.roundBits)
        roundEnd = position.events + position.controls & (1 << Self.roundBits - 1)
    }

    mutating func read(eventLimit: Int) async throws -> FeedBatch {
        let next = topic.position.events
        let isThere = next < (rounds == nil ? loop.board.position : roundEnd)
        if isThere, !waitsForRepetition(next) {
            lastMark = nil
            loop.beginReading()
            return try await readBatch(next < loop.present ? 1 : eventLimit)
        }
        loop.foundNothing()
        guard let mark = loop.watch.quietMark(), mark == lastMark else {
            lastMark = loop.watch.quietMark()
            return topic.nothing(.more)
        }
        // Nothing moves. Events that wait for their time go first.
        if let ahead = loop.ahead {
            lastMark = nil
            loop.beginReading()
            return topic.nothing(.control(.timeMark(ahead)))
        }
        if isThere, journal?.isFollowing != true {
            // What an earlier run has put in will not come out again before this is read.
            lastMark = nil
            loop.beginReading()
            return try await readBatch(1)
        }
        if let rounds, roundsBegun < rounds, loop.board.position > next {
            roundsBegun += 1
            roundEnd = loop.board.position
            return topic.nothing(.more)
        }
        loop.spend(at: mark)
        return topic.nothing(loop.watch.allSpent(at: mark) ? .end : .more)
    }

    func close() async { await topic.close() }

    /// Whether an earlier run had not read the event with an offset when it put in what has not come out again yet: that does not follow
    /// from the event, and were it read now other events might come in its place.
    ///
    /// A run that repeats another one reads what that has read, and nothing else.
    private func waitsForRepetition(_ offset: UInt64) -> Bool {
        guard let journal, !loop.isFollowed(offset) else { return false }
        return journal.isFollowing || !loop.isPresentAgain
    }

    /// The next events, moved behind the time that the stage behind the feedback has come to. A time mark behind them says that they have gone by.
    private mutating func readBatch(_ eventLimit: Int) async throws -> FeedBatch {
        let begin = topic.position.events
        let read = try await topic.read(eventLimit: eventLimit)
        guard read.rowCount > 0 else {
            // The marks of a feedback are its own, behind its batches.
            if case .control(.timeMark) = read.progress { return topic.nothing(.more) }
            return read
        }
        let isRepeated = loop.isFollowed(begin)
        let floor = loop.enter(at: begin)
        if let journal, !isRepeated {
            try await journal.keep(
                FeedbackReading(position: begin, end: topic.position.events, floor: floor), of: name)
        }
        let times = Column<Int64>(capacity: read.rowCount)
        for row in 0..<read.rowCount { times.values[row] = max(read.times.values[row], floor + 1) }
        return FeedBatch(
            values: read.values, times: times, rowCount: read.rowCount, selection: read.selection,
            baseSequence: read.baseSequence, appendTime: read.appendTime,
            progress: .control(.timeMark(Timestamp(nanoseconds: floor))))
    }
}
