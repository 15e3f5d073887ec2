internal import PenstockEvents

/// Makes one stream of several senders: the watermark is the smallest of theirs, and what all of them say is passed on once.
///
/// A sender whose barrier has come is left alone until those of all others have: what the stage knows then is exactly what follows from
/// everything before the barriers. A sender that is idle is left out of the smallest watermark, once all instances of its stage are; when one goes
/// on, all of them do, and what they send from behind the watermark that was passed on meanwhile is marked as behind.
struct InputGate {
    private let inputs: [UInt8]
    /// Which stage each sender is an instance of.
    private let stages: [Int]
    private var watermarks: [Timestamp]
    private var ended: [Bool]
    /// Whether the senders read sources: then each one's control records are its own.
    private let areSources: [Bool]
    /// How often each sender has passed a record on that others have not.
    private var controls: [ControlRecord: [Int]] = [:]
    private var marks: [Timestamp]
    private var forwarded = Timestamp.distantPast
    private var idle: [Bool]
    /// The watermark that had been passed on when a sender came back from being idle, until it has come there itself.
    private var floors: [Timestamp]
    /// Where it is said how far time comes without idle sources, and which of them each sender's events come from.
    private var idleSources: (times: IdleSources, bySender: [[Int]])?
    /// The sender that reads a feedback, and what is known of it.
    private let feedback: (sender: Int, loop: FeedbackLoop)?

    /// The largest watermark of a sender before its end.
    private(set) var lastWatermark = Timestamp.distantPast

    /// The senders from which nothing may be taken now.
    private(set) var blocked: [Bool]

    /// A gate for senders that send on these inputs; `stages` says which stage each is of, by default its own, and `areSources` which of them
    /// read a source, by default none.
    init(
        inputs: [UInt8], stages: [Int]? = nil, areSources: [Bool]? = nil,
        feedback: (sender: Int, loop: FeedbackLoop)? = nil
    ) {
        self.inputs = inputs
        self.stages = stages ?? Array(inputs.indices)
        self.areSources = areSources ?? Array(repeating: false, count: inputs.count)
        marks = Array(repeating: .distantPast, count: inputs.count)
        watermarks = Array(repeating: .distantPast, count: inputs.count)
        ended = Array(repeating: false, count: inputs.count)
        blocked = Array(repeating: false, count: inputs.count)
        idle = blocked
        floors = marks
        self.feedback = feedback
        if let feedback { marks[feedback.sender] = .distantFuture }
    }

    // MARK: Idle senders

    /// Says in `times` how far the stage lets time come without idle sources; `bySender` are those of each sender.
    mutating func follow(_ times: IdleSources, _ bySender: [[Int]]) { idleSources = (times, bySender) }

    /// How far all instances of the stage of an idle sender have come.
    private func reachedTogether(_ sender: Int) -> Timestamp {
        var reached = watermarks[sender]
        for other in stages.indices where stages[other] == stages[sender] && !ended[other] {
            reached = min(reached, watermarks[other])
        }
        return reached
    }

    /// Whether any sender is idle.
    var hasIdle: Bool { idle.contains(true) }

    /// Whether all senders that have not ended are idle, and there are such.
    var isIdle: Bool { hasIdle && zip(idle, ended).allSatisfy { $0 || $1 } }

    /// Which senders say that they are idle now.
    mutating func setIdle(_ senders: [Bool]) {
        // An instance that has no events itself hears of time as soon as the others, but not in the same instant.
        let awake = Set(senders.indices.filter { !senders[$0] && !ended[$0] }.map { stages[$0] })
        for sender in senders.indices {
            let isIdle = senders[sender] && !awake.contains(stages[sender])
            if idle[sender], !isIdle { comeBack(sender) }
            idle[sender] = isIdle
        }
    }

    private mutating func comeBack(_ sender: Int) {
        idle[sender] = false
        guard !ended[sender], forwarded > watermarks[sender] else { return }
        floors[sender] = forwarded
        watermarks[sender] = forwarded
    }

    // MARK: Elements

    /// What an element of a sender is to the stage; nil where the others have not come as far.
    mutating func pass(_ element: StreamElement, from sender: Int) -> StreamElement? {
        guard watermarks.count > 1 else { return element }
        switch element {
        case .batch(var batch):
            if idle[sender], batch.count > 0 {
                // It may be idle again by the time that this is taken.
                for other in idle.indices where idle[other] && stages[other] == stages[sender] { comeBack(other) }
            }
            if floors[sender] > .distantPast {
                batch.markBehind(floors[sender])
                if batch.watermark >= floors[sender] { floors[sender] = .distantPast }
            }
            watermarks[sender] = max(watermarks[sender], batch.watermark)
            if let feedback { feedback.loop.observe(latest: batch.latestEffectiveTime) }
            batch.watermark = max(reach(), forwarded)
            batch.input = inputs[sender]
            forwarded = max(forwarded, batch.watermark)
            return .batch(batch)
        case .watermark(let time):
            watermarks[sender] = max(watermarks[sender], time)
            return risen()
        case .control(.timeMark) where sender == feedback?.sender:
            feedback?.loop.leave()
            return risen()
        case .control(.timeMark(let time)):
            let before = marks.min()
            marks[sender] = max(marks[sender], time)
            guard let mark = marks.min(), mark != before, mark < .distantFuture else { return nil }
            return .control(.timeMark(mark))
        case .control(let record):
            return areSources[sender] || sender == feedback?.sender || isPassedByAll(record, sender) ? element : nil
        case .barrier(let epoch):
            return barrier(epoch, from: sender)
        case .end:
            ended[sender] = true
            lastWatermark = max(lastWatermark, watermarks[sender])
            watermarks[sender] = .distantFuture
            marks[sender] = .distantFuture
            if ended.allSatisfy({ $0 }) { return .end }
            return blocked.contains(true) ? aligned(waitingBarrier) : risen()
        }
    }

    /// Whether all instances of a stage, which all pass on the same records, have now passed on this one.
    private mutating func isPassedByAll(_ record: ControlRecord, _ sender: Int) -> Bool {
        var counts = controls[record] ?? Array(repeating: 0, count: ended.count)
        counts[sender] += 1
        let isPassed = zip(counts, zip(ended, areSources)).allSatisfy { $0 > 0 || $1.0 || $1.1 }
        if isPassed { for other in counts.indices { counts[other] = max(counts[other] - 1, 0) } }
        controls[record] = counts.contains { $0 > 0 } ? counts : nil
        return isPassed
    }

    private var waitingBarrier: StreamElement?
    private var lastEpoch: UInt64 = 0

    /// A barrier that a later one has overtaken in another input was abandoned: nobody waits for it any more.
    private mutating func barrier(_ epoch: UInt64, from sender: Int) -> StreamElement? {
        guard epoch >= lastEpoch else { return nil }
        if epoch > lastEpoch {
            for sender in blocked.indices { blocked[sender] = false }
            lastEpoch = epoch
        }
        blocked[sender] = true
        return aligned(.barrier(epoch))
    }

    /// The barrier, once it has come from every sender that has not ended.
    private mutating func aligned(_ barrier: StreamElement?) -> StreamElement? {
        waitingBarrier = barrier
        guard zip(blocked, ended).allSatisfy({ $0 || $1 }) else { return nil }
        for sender in blocked.indices { blocked[sender] = false }
        waitingBarrier = nil
        return barrier
    }

    /// The least watermark of the senders that are not idle; where all are, that of the one that has come furthest. A feedback does not count
    /// before all others have ended.
    private var minimum: Timestamp {
        guard hasIdle || feedback != nil else { return watermarks.min() ?? .distantPast }
        var (least, furthest): (Timestamp?, Timestamp?)
        for sender in watermarks.indices where !ended[sender] && sender != feedback?.sender {
            if idle[sender] {
                furthest = max(furthest ?? .distantPast, reachedTogether(sender))
            } else {
                least = min(least ?? .distantFuture, watermarks[sender])
            }
        }
        return least ?? furthest ?? feedback.map { watermarks[$0.sender] } ?? .distantFuture
    }

    /// How far the stage lets time come.
    private func reach() -> Timestamp {
        var time = minimum
        if hasIdle, let idleSources {
            let leftOut = ended.indices.filter { idle[$0] && !ended[$0] }.flatMap { idleSources.bySender[$0] }
            time = idleSources.times.raise(to: time, without: leftOut)
        }
        return feedback?.loop.raise(to: time) ?? time
    }

    /// The watermark, where it is higher than what was passed on.
    mutating func risen() -> StreamElement? {
        guard minimum < .distantFuture else { return nil }
        let time = reach()
        guard time > forwarded else { return nil }
        forwarded = time
        return .watermark(time)
    }
}

extension Batch {
    /// Marks the events up to a watermark as behind it, unless they are behind a later one.
    fileprivate mutating func markBehind(_ watermark: Timestamp) {
        var marks: [BehindMark] = []
        forEachMarkedRow { row, mark in
            if let mark, mark.watermark >= watermark {
                marks.append(mark)
            } else if times.values[row] <= watermark.nanoseconds {
                marks.append(BehindMark(row: UInt32(row), watermark: watermark))
            } else if let mark {
                marks.append(mark)
            }
        }
        behind = marks
    }
}
