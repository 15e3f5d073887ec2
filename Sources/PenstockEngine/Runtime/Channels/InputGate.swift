internal import PenstockEvents

/// Makes one stream of several senders: the watermark is the smallest of theirs, and what all of them say is passed on once.
///
/// A sender whose barrier has come is left alone until those of all others have: what the stage knows then is exactly what follows from
/// everything before the barriers. A sender that is idle is left out of the smallest watermark; when it goes on, what it sends from behind the
/// watermark that was passed on meanwhile is marked as behind.
struct InputGate {
    private let inputs: [UInt8]
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
    /// The stage of each sender; empty where each is a stage of its own.
    private var stages: [Int] = []
    /// The sender that reads a feedback, and what is known of it.
    private let feedback: (sender: Int, loop: FeedbackLoop)?

    /// The largest watermark of a sender before its end.
    private(set) var lastWatermark = Timestamp.distantPast

    /// The senders from which nothing may be taken now.
    private(set) var blocked: [Bool]

    /// A gate for senders that send on these inputs; `areSources` says which of them read a source, by default none.
    init(inputs: [UInt8], areSources: [Bool]? = nil, feedback: (sender: Int, loop: FeedbackLoop)? = nil) {
        self.inputs = inputs
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

    /// Says in `times` how far the stage lets time come without idle sources; `bySender` are those of each sender, and `stages` its stage.
    mutating func follow(_ times: IdleSources, _ bySender: [[Int]], stages: [Int]) {
        idleSources = (times, bySender)
        self.stages = stages
    }

    /// Whether a sender is left out: the instances of a stage are together, since what one has sent on may be before what another one has.
    private func isLeftOut(_ sender: Int) -> Bool {
        guard idle[sender], !stages.isEmpty else { return idle[sender] }
        return stages.indices.allSatisfy { stages[$0] != stages[sender] || idle[$0] || ended[$0] }
    }

    /// How far the stage of a sender that is left out has come.
    private func reachedTogether(_ sender: Int) -> Timestamp {
        guard !stages.isEmpty else { return watermarks[sender] }
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

    /// Which senders are idle now.
    mutating func setIdle(_ senders: [Bool]) {
        for sender in senders.indices where idle[sender] != senders[sender] {
            idle[sender] = senders[sender]
            if !idle[sender], !ended[sender], forwarded > watermarks[sender] {
                floors[sender] = forwarded
                watermarks[sender] = forwarded
            }
        }
    }

    // MARK: Elements

    /// What an element of a sender is to the stage; nil where the others have not come as far.
    mutating func pass(_ element: StreamElement, from sender: Int) -> StreamElement? {
        guard watermarks.count > 1 else { return element }
        switch element {
        case .batch(var batch):
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
            if isLeftOut(sender) {
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
            let idle = idle.indices.filter { isLeftOut($0) && !ended[$0] }.flatMap { idleSources.bySender[$0] }
            time = idleSources.times.raise(to: time, without: idle)
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
