internal import PenstockEvents

/// Makes one stream of several inputs: the watermark is the smallest of theirs, and what all of them say is passed on once.
struct InputGate {
    private var watermarks: [Timestamp]
    private var ended: [Bool]
    private var controls: [Int]
    private var forwarded = Timestamp.distantPast

    init(inputs: Int) {
        watermarks = Array(repeating: .distantPast, count: inputs)
        ended = Array(repeating: false, count: inputs)
        controls = Array(repeating: 0, count: inputs)
    }

    /// What an element of one input is to the stage; nil where the other inputs have not come as far.
    mutating func pass(_ element: StreamElement, from input: Int) -> StreamElement? {
        guard watermarks.count > 1 else { return element }
        switch element {
        case .batch(var batch):
            watermarks[input] = max(watermarks[input], batch.watermark)
            batch.watermark = minimum
            forwarded = max(forwarded, batch.watermark)
            return .batch(batch)
        case .watermark(let time):
            watermarks[input] = max(watermarks[input], time)
            return risen()
        case .control:
            // The instances of a stage pass on the same control records in the same order.
            let before = controls.min()
            controls[input] += 1
            return controls.min() == before ? nil : element
        case .end:
            ended[input] = true
            watermarks[input] = .distantFuture
            controls[input] = .max
            return ended.allSatisfy { $0 } ? .end : risen()
        }
    }

    private var minimum: Timestamp { watermarks.min() ?? .distantPast }

    private mutating func risen() -> StreamElement? {
        guard minimum > forwarded, minimum < .distantFuture else { return nil }
        forwarded = minimum
        return .watermark(minimum)
    }
}
