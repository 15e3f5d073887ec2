internal import PenstockEvents

/// Makes one stream of several senders: the watermark is the smallest of theirs, and what all of them say is passed on once.
///
/// A sender whose barrier has come is left alone until those of all others have: what the stage knows then is exactly what follows from
/// everything before the barriers.
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
        self.feedback = feedback
        if let feedback { marks[feedback.sender] = .distantFuture }
    }

    /// What an element of a sender is to the stage; nil where the others have not come as far.
    mutating func pass(_ element: StreamElement, from sender: Int) -> StreamElement? {
        guard watermarks.count > 1 else { return element }
        switch element {
        case .batch(var batch):
            watermarks[sender] = max(watermarks[sender], batch.watermark)
            if let feedback { feedback.loop.observe(latest: batch.latestEffectiveTime) }
            batch.watermark = reach()
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
        case .barrier:
            blocked[sender] = true
            return aligned(element)
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

    /// The barrier, once it has come from every sender that has not ended.
    private mutating func aligned(_ barrier: StreamElement?) -> StreamElement? {
        waitingBarrier = barrier
        guard zip(blocked, ended).allSatisfy({ $0 || $1 }) else { return nil }
        for sender in blocked.indices { blocked[sender] = false }
        waitingBarrier = nil
        return barrier
    }

    /// How far all senders are. A feedback does not count before all others have ended.
    private var minimum: Timestamp {
        guard let feedback else { return watermarks.min() ?? .distantPast }
        var least = Timestamp.distantFuture
        for sender in watermarks.indices where sender != feedback.sender && !ended[sender] {
            least = min(least, watermarks[sender])
        }
        return least < .distantFuture ? least : watermarks[feedback.sender]
    }

    /// How far the stage lets time come.
    private func reach() -> Timestamp { feedback?.loop.raise(to: minimum) ?? minimum }

    private mutating func risen() -> StreamElement? {
        guard minimum < .distantFuture else { return nil }
        let time = reach()
        guard time > forwarded else { return nil }
        forwarded = time
        return .watermark(time)
    }
}
