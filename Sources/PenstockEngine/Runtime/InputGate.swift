internal import PenstockEvents

/// Makes one stream of several senders: the watermark is the smallest of theirs, and what all of them say is passed on once.
///
/// A sender whose barrier has come is left alone until those of all others have: what the stage knows then is exactly what follows from
/// everything before the barriers.
struct InputGate {
    private let inputs: [UInt8]
    private var watermarks: [Timestamp]
    private var ended: [Bool]
    private var controls: [Int]
    private var forwarded = Timestamp.distantPast

    /// The largest watermark of a sender before its end.
    private(set) var lastWatermark = Timestamp.distantPast

    /// The senders from which nothing may be taken now.
    private(set) var blocked: [Bool]

    /// A gate for senders that send on these inputs.
    init(inputs: [UInt8]) {
        self.inputs = inputs
        watermarks = Array(repeating: .distantPast, count: inputs.count)
        ended = Array(repeating: false, count: inputs.count)
        controls = Array(repeating: 0, count: inputs.count)
        blocked = Array(repeating: false, count: inputs.count)
    }

    /// What an element of a sender is to the stage; nil where the others have not come as far.
    mutating func pass(_ element: StreamElement, from sender: Int) -> StreamElement? {
        guard watermarks.count > 1 else { return element }
        switch element {
        case .batch(var batch):
            watermarks[sender] = max(watermarks[sender], batch.watermark)
            batch.watermark = minimum
            batch.input = inputs[sender]
            forwarded = max(forwarded, batch.watermark)
            return .batch(batch)
        case .watermark(let time):
            watermarks[sender] = max(watermarks[sender], time)
            return risen()
        case .control:
            // The instances of a stage pass on the same control records in the same order.
            let before = controls.min()
            controls[sender] += 1
            return controls.min() == before ? nil : element
        case .barrier:
            blocked[sender] = true
            return aligned(element)
        case .end:
            ended[sender] = true
            lastWatermark = max(lastWatermark, watermarks[sender])
            watermarks[sender] = .distantFuture
            controls[sender] = .max
            if ended.allSatisfy({ $0 }) { return .end }
            return blocked.contains(true) ? aligned(waitingBarrier) : risen()
        }
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

    private var minimum: Timestamp { watermarks.min() ?? .distantPast }

    private mutating func risen() -> StreamElement? {
        guard minimum > forwarded, minimum < .distantFuture else { return nil }
        forwarded = minimum
        return .watermark(minimum)
    }
}
