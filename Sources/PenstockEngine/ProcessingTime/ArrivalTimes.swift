internal import PenstockEvents

/// Gives events the time of day at which they come, by the run's clock, in place of their own.
///
/// The times never fall, also where a run goes on from a checkpoint on a machine whose clock is behind. The watermark follows the clock, also when
/// nothing comes, so that everything behind this stage works on the clock's time. What was said of event time before it ends here: watermarks,
/// time marks, and which events are behind.
struct ArrivalTimes: Processor {
    private let origin: Origin
    /// How often the watermark follows the clock when nothing comes, in nanoseconds.
    private let interval: Int64
    private var clock: (any RunClock)?
    private var forwarded = Int64.min
    private var sequence: UInt64 = 0
    /// When the watermark goes on next, by the run's clock.
    private var nextTick: Int64?
    private var following: [StreamElement] = []
    private var hasEnded = false

    init(interval: Int64, origin: Origin) {
        self.interval = interval
        self.origin = origin
    }

    var isWaking: Bool { true }
    var wakeInstant: Int64? { hasEnded ? nil : nextTick }
    var keepsTime: Bool { true }

    mutating func begin(with waker: Waker) {
        clock = waker.clock
        nextTick = waker.clock.nanoseconds + interval
    }

    mutating func accept(_ element: StreamElement) {
        switch element {
        case .batch(let batch):
            if batch.count > 0 { stamp(batch) }
        case .watermark, .control(.timeMark):
            break
        case .control, .barrier:
            following.append(element)
        case .end:
            hasEnded = true
            following.append(.end)
        }
    }

    mutating func next() -> StreamElement? { following.isEmpty ? nil : following.removeFirst() }

    mutating func wake(at now: Int64) {
        guard let tick = nextTick, now >= tick, !hasEnded else { return }
        nextTick = now + interval
        // An event may still come at this very instant.
        let time = timeOfDay - 1
        guard time > forwarded else { return }
        forwarded = time
        following.append(.watermark(Timestamp(nanoseconds: time)))
    }

    /// The present time of day, which is behind all that was said of it.
    private var timeOfDay: Int64 { max(clock?.timeOfDay ?? 0, forwarded == .min ? .min : forwarded + 1) }

    private mutating func stamp(_ batch: Batch) {
        let now = timeOfDay
        forwarded = now - 1
        let times = Column<Int64>(capacity: batch.rowCount)
        for row in 0..<batch.rowCount { times.values[row] = now }
        var stamped = Batch(
            origin: origin, baseSequence: sequence, rowCount: batch.rowCount, times: times, values: batch.values,
            keys: batch.keys, watermark: Timestamp(nanoseconds: forwarded))
        stamped.selection = batch.selection
        sequence += UInt64(batch.rowCount)
        following.append(.batch(stamped))
    }

    // MARK: Checkpoints

    func snapshot(into state: inout StateWriter) {
        state.chunk { chunk in
            chunk.put(forwarded)
            chunk.put(sequence)
        }
    }

    mutating func restore(_ state: [StateChunk]) throws {
        for chunk in state {
            var decoder = StateDecoder(chunk)
            forwarded = try decoder.integer()
            sequence = try decoder.integer()
        }
    }
}

extension AnyOperator {
    /// A stage that gives events of this type the time at which they come by the run's clock; the watermark follows the clock.
    /// - Parameter interval: How often the watermark goes on when nothing comes, in nanoseconds.
    public init(arrivalTimesOf element: ValueType, interval: Int64) {
        self.init(
            summary: "the time of arrival as the time of each event, which no replay repeats", output: element,
            isKeyed: false, ordersEvents: false,
            defect: interval > 0 && interval <= TimeWindows.longest
                ? nil : "the interval of a clock must lie between 1 ns and 2^60 ns (36 years)"
        ) { _, origin in
            ArrivalTimes(interval: interval, origin: origin)
        }
        takesArrivalOrder = true
        isWaking = true
        unrepeatable = "processing time"
    }
}
