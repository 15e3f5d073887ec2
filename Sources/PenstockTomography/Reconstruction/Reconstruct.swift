public import Penstock
public import PenstockEvents

/// Reconstructs every window of projections, slice by slice, by gridrec or any other `ReconstructionMethod`.
///
/// Slices are computed in pairs of an even and an odd detector row, several pairs at a time on as many threads as the stage has; what comes
/// out does not depend on their number.
///
/// Gridrec without steps for sinograms makes windows before the last of a scan from the Fourier grids of the window before: only what came
/// and what left costs anything (`SlidingGrids`), unless the grids of all pairs would take more than 1 GiB. Their images differ from those made
/// afresh by some 1e-7 of the range. The last window, which makes the volume, is always made afresh: the volume is that of its projections alone,
/// whoever looks on and whatever came before.
public struct Reconstruct: WindowOperator {
    private let method: ReconstructionMethod
    private let rows: RowSelection
    private let early: EarlySlices
    private let keepsImages: Bool
    private let sinogramSteps: [any SinogramStep]
    private let showsSinogram: Bool

    /// Which slices are reconstructed for windows that are not the last of their scan.
    public enum EarlySlices: Sendable, Hashable {
        /// All slices that are wanted.
        case all
        /// The middle one of them, for looking at while the scan runs.
        case middle
        /// None.
        case none
    }

    /// Reconstruction by a method. The projections must know their rotation centre, from `FindCentre`.
    /// - Parameters:
    ///   - rows: The detector rows that become slices.
    ///   - early: The slices of windows that are not the last of their scan.
    ///   - warmStart: Whether an iterative method begins with the image that the slice had in the last window that gave it one, so that a few
    ///     iterations for each window do. The images are part of the state: 4 `columns`^2 bytes for each slice. Other methods begin nowhere.
    ///   - sinogramSteps: What happens to the sinogram of every row before, one step after the other. Windows before the last that are too
    ///     short for half acquisition give no slices.
    ///   - showsSinogram: Whether the middle slice carries its sinogram, to be looked at.
    public init(
        _ method: ReconstructionMethod = .gridrec(), rows: RowSelection = .all, early: EarlySlices = .all,
        warmStart: Bool = false, sinogramSteps: [any SinogramStep] = [], showsSinogram: Bool = false
    ) {
        self.method = method
        self.rows = rows
        self.early = early
        self.sinogramSteps = sinogramSteps
        self.showsSinogram = showsSinogram
        keepsImages = warmStart && method.isIterative
    }

    /// The projections in the window, its Fourier grids, and the images that the next one begins with.
    public struct State: Snapshotable {
        var projections: [Projection] = []
        var grids = SlidingGrids()
        var images = WarmImages()
        /// The tables and the memory of the window before, for the next one to use again; not in snapshots, since the same are made anew.
        fileprivate var window: ReconstructionWindow?

        init() {}

        /// Writes the grids, the projections, oldest first, and then the images.
        public func snapshot(into records: inout RecordWriter) {
            grids.snapshot(into: &records)
            for projection in projections { records.append(projection) }
            images.snapshot(into: &records)
        }

        /// Brings them back.
        public init(restoring records: [RecordReader]) throws(RecordError) {
            let count = try WarmImages.count(in: records)
            images = try WarmImages(restoring: records.suffix(count + 1))
            var others = records.dropLast(count + 1)
            grids = try SlidingGrids(restoring: &others)
            projections = try [Projection](restoring: others)
        }
    }

    /// An empty window.
    public func makeState() -> State { State() }

    /// A projection enters.
    public func add(_ projection: Projection, state: inout State, context: OperatorContext) throws {
        try state.projections.checkShape(of: projection)
        if state.projections.isEmpty {
            // Said with the first projection, not after the last.
            _ = try rows.places(from: projection.firstRow, count: projection.rows)
        }
        if let slices = projection.steering.slices, slices != state.projections.last?.steering.slices {
            do { _ = try slices.places(from: projection.firstRow, count: projection.rows) } catch {
                context.report(
                    .warning(
                        "at projection \(projection.index): \(error.summary); the slices stay as they were asked for"))
            }
        }
        state.projections.append(projection)
    }

    /// The oldest projection leaves.
    public func remove(_ projection: Projection, state: inout State, context: OperatorContext) {
        state.projections.removeFirst()
        state.grids.remove(projection)
    }

    /// Puts out the next slices: one pair for each thread.
    public func emit(
        _ pane: WindowPane, part: Int, state: inout State, into output: inout Output<ReconstructedSlice>,
        context: OperatorContext
    ) throws -> EmitProgress {
        guard let first = state.projections.first else { return .complete }
        let wanted = try places(in: state.projections, from: first.firstRow, count: first.rows)
        let pairs = pairs(of: wanted, pane)
        guard !pairs.isEmpty else { return .complete }
        if part == 0 {
            do {
                try begin(pane, pairs, &state)
            } catch {
                guard case .halfAcquisitionTooShort = error, !pane.isLast else { throw error }
                return .complete
            }
            if pane.isLast { tell(state.window, pane, context) }
        }
        guard let window = state.window else { preconditionFailure("a window was not begun") }
        let range = part * context.parallelism..<min((part + 1) * context.parallelism, pairs.count)
        for (place, pixels) in window.reconstruct(pairs: Array(pairs[range]), from: state.images) {
            if keepsImages { state.images[place] = pixels }
            guard let number = wanted.position(of: place) else { continue }
            var slice = slice(
                number, of: wanted.count, at: place, pixels, size: window.size, of: state.projections, pane)
            if showsSinogram, number == wanted.count / 2 { slice.sinogram = window.sinogram(row: place) }
            output.append(slice, time: pane.time)
        }
        return range.upperBound == pairs.count ? .complete : .more
    }

    /// Prepares the slices of a window: from the grids of the one before where that is possible, else afresh.
    private func begin(_ pane: WindowPane, _ pairs: [Int], _ state: inout State) throws(TomographyError) {
        let sinograms = try WindowSinograms(state.projections, steps: sinogramSteps)
        let geometry = sinograms.geometry
        guard case .gridrec(let filter) = method, sinogramSteps.isEmpty, !pane.isLast,
            SlidingGrids.haveRoom(pairs: pairs.count, GridrecLayout(columns: geometry.columns))
        else {
            state.window = try ReconstructionWindow(sinograms, by: method, reusing: state.window)
            return
        }
        let setup = try GridrecSetup.reusing(
            state.window?.gridrecSetup, columns: geometry.columns, centre: geometry.centre, filter: filter)
        let update = try state.grids.update(to: state.projections, pairs: pairs, setup)
        state.window = ReconstructionWindow(update, sinograms, reusing: state.window)
    }

    /// The places of the rows that become slices: those that the scan was steered to last, if the detector has them.
    private func places(in projections: [Projection], from row: Int, count: Int) throws(TomographyError) -> [Int] {
        if let steered = projections.last?.steering.slices, let places = try? steered.places(from: row, count: count) {
            return places
        }
        return try rows.places(from: row, count: count)
    }

    /// The pairs of rows to compute: those of the wanted rows, each once.
    private func pairs(of wanted: [Int], _ pane: WindowPane) -> [Int] {
        let places =
            if pane.isLast || early == .all {
                wanted
            } else {
                early == .middle ? [wanted[wanted.count / 2]] : []
            }
        return places.reduce(into: []) { pairs, place in
            if pairs.last != place / 2 { pairs.append(place / 2) }
        }
    }

    private func slice(
        _ number: Int, of count: Int, at place: Int, _ pixels: Payload, size: Int, of projections: [Projection],
        _ pane: WindowPane
    ) -> ReconstructedSlice {
        let angles = projections.map(\.angleDegrees)
        return ReconstructedSlice(
            scan: projections[0].scan, window: pane.index, projections: pane.count, isComplete: pane.isComplete,
            isLast: pane.isLast, anglesDegrees: (angles.min() ?? 0)...(angles.max() ?? 0), slice: number,
            row: projections[0].firstRow + place, sliceCount: count, size: size, pixels: pixels)
    }

    /// Says how the last window was reconstructed, how many the scan had, and what is wrong with the last.
    private func tell(_ window: ReconstructionWindow?, _ pane: WindowPane, _ context: OperatorContext) {
        for (name, value) in method.parameters.sorted(by: { $0.key < $1.key }) {
            context.report(.fact(name: name, value: value))
        }
        context.report(.fact(name: "windows", value: "\(pane.index + 1)"))
        context.report(.fact(name: "projections_in_last_window", value: "\(pane.count)"))
        context.report(.fact(name: "last_window_is_complete", value: "\(pane.isComplete)"))
        guard let weights = window?.weights, weights.isCapped || weights.hasGap else { return }
        func degrees(_ radians: Double) -> Double { (radians * 180 / .pi * 10).rounded() / 10 }
        let start = weights.largestGapStartRadians
        context.report(
            .warning(
                "the projections leave a gap of \(degrees(weights.largestGapRadians)) degrees, from \(degrees(start)) to "
                    + "\(degrees(start + weights.largestGapRadians)) (modulo 180): the image has artefacts along its directions"
            ))
    }
}

extension [Int] {
    /// Where a number stands in a list in ascending order; nil where it does not.
    fileprivate func position(of number: Int) -> Int? {
        var (low, high) = (0, count)
        while low < high {
            let middle = (low + high) / 2
            if self[middle] < number { low = middle + 1 } else { high = middle }
        }
        return low < count && self[low] == number ? low : nil
    }
}
