internal import PenstockEvents

/// How far time has come in what a stage takes, how far it has said so, and what goes on behind the rows that follow from it.
struct StageTime {
    /// How far time has come in the input.
    var watermark = Timestamp.distantPast
    /// How far the stage has said that time has come.
    var forwarded = Timestamp.distantPast
    /// What is neither events nor time, until the rows before it have left.
    private var following: StreamElement?

    /// Takes what an element says of time, and itself where it is passed on.
    mutating func observe(_ element: StreamElement) {
        switch element {
        case .batch(let batch): watermark = max(watermark, batch.watermark)
        case .watermark(let time): watermark = max(watermark, time)
        case .control, .barrier: following = element
        case .end:
            watermark = .distantFuture
            following = element
        }
    }

    /// What goes on when all rows have left: the element behind them, then how far time has come, which is the watermark or `reached`, where
    /// the stage answers later. Nil when there is no more.
    mutating func next(_ reached: Timestamp? = nil) -> StreamElement? {
        if let element = takeFollowing() { return element }
        let reached = reached ?? watermark
        guard reached > forwarded else { return nil }
        forwarded = reached
        return .watermark(reached)
    }

    /// The element behind the rows, or nil.
    mutating func takeFollowing() -> StreamElement? {
        guard let element = following else { return nil }
        following = nil
        if case .end = element { forwarded = .distantFuture }
        return element
    }
}

/// An operator whose rows follow from how far time has come.
protocol TimedProcessor: Processor {
    var time: StageTime { get set }
}

extension TimedProcessor {
    /// How far time has come in the input.
    var watermark: Timestamp {
        get { time.watermark }
        set { time.watermark = newValue }
    }

    /// How far the stage has said that time has come.
    var forwarded: Timestamp {
        get { time.forwarded }
        set { time.forwarded = newValue }
    }
}
