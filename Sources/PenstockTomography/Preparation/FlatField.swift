public import Penstock
public import PenstockEvents

/// Turns frames into transmissions: (I - D) / max(F - D, 1e-6), with the averages of flats F and darks D.
/// Each tells what the scan had been steered to.
///
/// Flats or darks that come again behind projections begin a new set. By default a projection goes on at once, normalised by the latest set
/// before it. With `FlatTiming.interpolated` it waits for the next set: between sets at the times t0 and t1, the means of the times of their
/// frames, F is (1 - u) F0 + u F1 with u = (t - t0) / (t1 - t0), between 0 and 1; darks are those before the projection. Dead pixels, where no
/// flat is brighter than the darks, get values from those beside them, with a warning. Output are the projections, float32.
public struct FlatField: Operator {
    /// The most projections that wait for flats behind them. When there are more they go on by the flats before them, with a warning.
    public static let mostWaiting = 4096

    private let average: FrameAverage
    private let timing: FlatTiming
    private let allowsNonFinite: Bool
    private let mostWaiting: Int

    /// Normalisation by flats and darks.
    /// - Parameters:
    ///   - average: How the frames of a set become one. The median keeps the frames, at most 255 of a set, in memory and in snapshots.
    ///   - timing: Which set counts where there are several.
    ///   - allowsNonFinite: Whether pixels that are NaN or infinite count as air, with a warning; else they end the run.
    public init(
        average: FrameAverage = .mean, timing: FlatTiming = .latest, allowsNonFinite: Bool = false
    ) {
        self.init(average: average, timing: timing, allowsNonFinite: allowsNonFinite, mostWaiting: Self.mostWaiting)
    }

    init(average: FrameAverage, timing: FlatTiming, allowsNonFinite: Bool, mostWaiting: Int) {
        self.average = average
        self.timing = timing
        self.allowsNonFinite = allowsNonFinite
        self.mostWaiting = mostWaiting
    }

    /// The averages, the projections that wait, and where the scan began.
    public struct State: Snapshotable {
        var scan: ScanID?
        var flats = FrameSet()
        var darks = FrameSet()
        /// The sets before the projections that wait, once others have begun behind them; else empty.
        var earlierFlats = FrameSet()
        var earlierDarks = FrameSet()
        /// Projections, and the steerings between them.
        var waiting: [(frame: Frame, time: Timestamp)] = []
        var steering = Steering()
        var firstAngleDegrees: Double?
        var direction = 0.0
        /// Counts that are not above the darks, and the projections that have them.
        var darkCounts = 0
        var darkProjections = 0
        /// Pixels that the present flats and darks say nothing about; nil until projections ask, and after a restart.
        var deadPixels: DeadPixels?

        init() {}
    }

    /// Nothing seen yet.
    public func makeState() -> State { begun(nil) }

    /// Adds flats and darks to their averages, and normalises projections.
    public func process(
        _ events: Events<Frame>, state: inout State, into output: inout Output<Projection>, context: OperatorContext
    ) throws {
        for event in events {
            let frame = event.value
            if state.scan != frame.scan {
                try release(&state, into: &output, context)
                state = begun(frame.scan)
            }
            if frame.kind == .flat || frame.kind == .dark { state.deadPixels = nil }
            switch frame.kind {
            case .flat:
                if !state.waiting.isEmpty, state.flats.isClosed { state.earlierFlats = state.flats }
                try state.flats.add(frame, time: event.time.nanoseconds)
            case .dark:
                if !state.waiting.isEmpty, state.darks.isClosed { state.earlierDarks = state.darks }
                try state.darks.add(frame, time: event.time.nanoseconds)
            case .steering:
                // It holds from the next projection on, not for those that wait.
                if state.waiting.isEmpty {
                    steer(frame, &state, context)
                } else {
                    state.waiting.append((frame, event.time))
                }
            case .projection:
                guard !state.flats.isEmpty else { throw TomographyError.noFlats(projection: frame.index) }
                if !state.earlierFlats.isEmpty || !state.earlierDarks.isEmpty {
                    try release(&state, into: &output, context)
                }
                state.waiting.append((frame, event.time))
                state.flats.endSet()
                state.darks.endSet()
                if timing == .latest {
                    try release(&state, into: &output, context)
                } else if state.waiting.count == mostWaiting {
                    context.report(
                        .warning(
                            "more than \(mostWaiting) projections wait for flats: they were normalised by those before them"
                        ))
                    try release(&state, into: &output, context)
                }
            }
        }
    }

    /// Releases the projections that wait when their scan ends.
    public func control(
        _ record: ControlRecord, state: inout State, into output: inout Output<Projection>, context: OperatorContext
    ) throws {
        guard case .scanEnd = record else { return }
        try release(&state, into: &output, context)
        tell(&state, context)
    }

    /// Releases the projections that wait when the stream ends.
    public func finish(
        state: inout State, into output: inout Output<Projection>, context: OperatorContext
    ) throws {
        try release(&state, into: &output, context)
        tell(&state, context)
    }

    /// Says how many counts were not above the darks.
    private func tell(_ state: inout State, _ context: OperatorContext) {
        guard state.darkCounts > 0 else { return }
        context.report(
            .warning(
                "\(state.darkCounts == 1 ? "1 count is" : "\(state.darkCounts) counts are") not above the darks, in "
                    + "\(state.darkProjections == 1 ? "1 projection" : "\(state.darkProjections) projections"): they are taken "
                    + "for the least transmission, and a larger --floor, such as 0.01, makes less of them"))
        (state.darkCounts, state.darkProjections) = (0, 0)
    }

    private func begun(_ scan: ScanID?) -> State {
        var state = State()
        state.scan = scan
        state.flats = FrameSet(average)
        state.darks = FrameSet(average)
        return state
    }

    /// Normalises the projections that wait, between the sets before and behind them.
    private func release(
        _ state: inout State, into output: inout Output<Projection>, _ context: OperatorContext
    ) throws {
        guard let first = state.waiting.first?.frame else { return }
        let hasLater = !state.earlierFlats.isEmpty
        var references = References(
            flat: hasLater ? state.earlierFlats.averaged() ?? [] : state.flats.averaged() ?? [],
            laterFlat: hasLater ? state.flats.averaged() : nil,
            dark: state.earlierDarks.averaged() ?? state.darks.averaged() ?? [],
            time: hasLater ? state.earlierFlats.time : 0, laterTime: state.flats.time)
        if references.dark.isEmpty {
            context.report(.warning("the scan has no darks: a dark level of 0 was assumed"))
            references.dark = Array(repeating: 0, count: references.flat.count)
        }
        try check(references, &state, first)
        if state.deadPixels == nil {
            let dead = DeadPixels(flat: references.flat, dark: references.dark, columns: first.columns)
            if !dead.isEmpty { context.report(.warning(dead.remark(firstRow: first.firstRow))) }
            state.deadPixels = dead
        }
        for (frame, time) in state.waiting {
            guard frame.kind == .projection else {
                steer(frame, &state, context)
                continue
            }
            output.append(try normalise(frame, time, references, &state, context), time: time)
        }
        state.waiting = []
        // What comes now has other flats.
        if hasLater { state.deadPixels = nil }
        state.earlierFlats = FrameSet(average)
        state.earlierDarks = FrameSet(average)
    }

    private func check(_ references: References, _ state: inout State, _ first: Frame) throws {
        guard references.dark.count == references.flat.count,
            references.flat.count == references.laterFlat?.count ?? references.flat.count
        else { throw TomographyError.shapeChanged(kind: "projection", index: first.index) }
        guard !state.flats.isChecked else { return }
        let flat = references.laterFlat ?? references.flat
        guard zip(flat, references.dark).contains(where: { $0 > $1 }) else { throw TomographyError.flatsNotBrighter }
        state.flats.isChecked = true
    }

    private func normalise(
        _ frame: Frame, _ time: Timestamp, _ references: References, _ state: inout State, _ context: OperatorContext
    ) throws -> Projection {
        let pixelCount = frame.rows * frame.columns
        guard references.flat.count == pixelCount else {
            throw TomographyError.shapeChanged(kind: "projection", index: frame.index)
        }
        let flat = references.flat(at: time)
        let values = Payload(byteCount: 4 * pixelCount) { bytes in
            let result = bytes.bindMemory(to: Float.self)
            flat.withUnsafeBufferPointer { flat in
                references.dark.withUnsafeBufferPointer { dark in
                    frame.normalise(flat: flat, dark: dark, into: result)
                }
            }
            state.deadPixels?.repair(result)
        }
        if frame.pixelType == .f32 { try check(values, of: frame, context) }
        let dark = values.withValues(of: Float.self) { values in
            var count = 0
            for value in values { count &+= value <= 0 ? 1 : 0 }
            return count
        }
        state.darkCounts += dark
        state.darkProjections += dark > 0 ? 1 : 0
        return Projection(
            scan: frame.scan, index: frame.index, angleDegrees: frame.angleDegrees,
            travelDegrees: state.travel(to: frame.angleDegrees), steering: state.steering, rows: frame.rows,
            columns: frame.columns, firstRow: frame.firstRow, values: values)
    }

    /// Takes a steering over, and says what holds from here on.
    private func steer(_ frame: Frame, _ state: inout State, _ context: OperatorContext) {
        guard let steering = frame.steering else { return }
        state.steering = state.steering.changed(by: steering)
        context.report(.fact(name: "steered_at_projection_\(frame.index.fiveDigits)", value: state.steering.changes))
    }

    private func check(_ values: Payload, of frame: Frame, _ context: OperatorContext) throws {
        let bad = values.withValues(of: Float.self) { values in values.count { !$0.isFinite } }
        guard bad > 0 else { return }
        guard allowsNonFinite else { throw TomographyError.nonFinitePixels(projection: frame.index, count: bad) }
        context.report(.warning("projection \(frame.index) has \(bad) pixels that are not finite: they count as air"))
    }
}

/// The flats before and, where they are known, behind some projections, and their darks.
private struct References {
    let flat: [Float]
    let laterFlat: [Float]?
    var dark: [Float]
    let time: Double
    let laterTime: Double

    /// The flat at a time between both.
    func flat(at moment: Timestamp) -> [Float] {
        guard let laterFlat else { return flat }
        let span = laterTime - time
        let part = span > 0 ? Float(min(max((Double(moment.nanoseconds) - time) / span, 0), 1)) : 0
        return zip(flat, laterFlat).map { (1 - part) * $0 + part * $1 }
    }
}
