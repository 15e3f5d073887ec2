internal import PenstockEvents

/// What the source of a feedback and the stage that merges its events with those of other inputs share in a run.
///
/// The feedback does not hold the stage's time back while it has nothing to give. When it has, it asks how far the stage has let time come: that is
/// the floor of the batch, behind which all of its events are moved, and beyond which the stage lets time come only when the batch has gone by.
final class FeedbackLoop: Sendable {
    private struct State {
        /// How far the stage has let time come.
        var forwarded = Int64.min
        /// The largest effective time that the stage has seen.
        var latest = Int64.min
        /// The floors of the batches on their way to the stage, oldest first.
        var floors: [Int64] = []
        /// How an earlier run read what comes next, as far as it did.
        var followed: ArraySlice<FeedbackReading> = []
        /// How often the source began to read; nil while it is reading.
        var idle: UInt64?
        var reads: UInt64 = 0
        /// When nothing moved and the source had nothing more to do.
        var spent: [UInt64]?

        /// How far the stage may let time come: not behind what is on its way, or will be where an earlier run has read it.
        var limit: Int64 { floors.first ?? followed.first?.floor ?? .max }
    }

    /// How far the topic has been written.
    let board: CommitBoard
    let watch: LoopWatch
    /// The end of the topic when the run began: what is before it may have been written by an earlier run, in other batches.
    let present: UInt64
    private let state = Guarded(State())

    init(_ board: CommitBoard, _ watch: LoopWatch, present: UInt64) {
        self.present = present
        self.board = board
        self.watch = watch
    }

    // MARK: The source

    /// The source goes on at an offset, and reads what comes there as an earlier run did.
    func follow(_ readings: [FeedbackReading], from offset: UInt64) {
        state.withLock { $0.followed = readings.drop { $0.end <= offset } }
    }

    /// Whether an earlier run has read the event with an offset.
    func isFollowed(_ offset: UInt64) -> Bool {
        state.withLock { $0.followed.first.map { $0.position <= offset } ?? false }
    }

    /// The event with an offset, or several from there on, begin their way: they come behind this instant. Where an earlier run has read an
    /// event, it comes alone, and behind the instant behind which it came then.
    func enter(at offset: UInt64) -> Int64 {
        state.withLock { state in
            var floor = state.forwarded
            if let next = state.followed.first, next.position <= offset {
                floor = next.floor
                if next.end <= offset + 1 { state.followed.removeFirst() }
            }
            state.floors.append(floor)
            return floor
        }
    }

    /// The largest effective time at the stage, where it has not let time come as far, though it may.
    var ahead: Timestamp? {
        state.withLock { state in
            let ahead = min(state.latest, state.limit)
            return ahead > state.forwarded ? Timestamp(nanoseconds: ahead) : nil
        }
    }

    /// The source begins to read.
    func beginReading() {
        state.withLock { state in
            state.reads += 1
            state.idle = nil
        }
    }

    /// The source has found nothing to read.
    func foundNothing() { state.withLock { $0.idle = $0.reads } }

    /// The source has nothing more to do where the run is as `mark` says.
    func spend(at mark: [UInt64]) { state.withLock { $0.spent = mark } }

    func isSpent(at mark: [UInt64]) -> Bool { state.withLock { $0.spent == mark } }

    /// A number that changes when the source reads; nil while it does.
    var quietMark: UInt64? { state.withLock { $0.idle } }

    // MARK: The stage

    /// How far the stage may let time come where all but the feedback are at `time`.
    func raise(to time: Timestamp) -> Timestamp {
        state.withLock { state in
            state.forwarded = max(state.forwarded, min(time.nanoseconds, state.limit))
            return Timestamp(nanoseconds: state.forwarded)
        }
    }

    /// A batch of the feedback has come to the stage.
    func leave() { state.withLock { if !$0.floors.isEmpty { $0.floors.removeFirst() } } }

    /// Events have come to the stage.
    func observe(latest time: Int64) { state.withLock { $0.latest = max($0.latest, time) } }

    // MARK: Checkpoints

    /// Whether everything has come out again that the topic had when the run began.
    var isPresentAgain: Bool { board.position >= present }

    func snapshot(into chunk: inout StateEncoder) {
        let (forwarded, latest) = state.withLock { ($0.forwarded, $0.latest) }
        chunk.put(forwarded)
        chunk.put(latest)
    }

    func restore(_ chunk: inout StateDecoder) throws {
        let (forwarded, latest): (Int64, Int64) = (try chunk.integer(), try chunk.integer())
        state.withLock { ($0.forwarded, $0.latest) = (forwarded, latest) }
    }
}

/// Keeps what the stage that merges a feedback with other inputs knows of time over a restart.
struct FeedbackTime: Processor {
    /// The form of its state.
    static let form = "time at a feedback"

    private let loop: FeedbackLoop
    private var output = ElementSlot()

    init(_ loop: FeedbackLoop) { self.loop = loop }

    mutating func accept(_ element: StreamElement) { output.put(element) }

    mutating func next() -> StreamElement? { output.take() }

    func snapshot(into state: inout StateWriter) { state.chunk { loop.snapshot(into: &$0) } }

    mutating func restore(_ chunks: [StateChunk]) throws {
        for chunk in chunks {
            var decoder = StateDecoder(chunk)
            try loop.restore(&decoder)
        }
    }
}
