internal import Dispatch
public import Penstock
public import PenstockEvents

/// A plane of a window's image along the rotation axis.
public struct ReconstructedPlane: Sendable {
    /// The scan.
    public var scan: ScanID
    /// The number of the window in the scan, from 0.
    public var window: Int
    /// The number of projections in the window.
    public var projections: Int
    /// Whether the window had all projections that its rule asks for.
    public var isComplete: Bool
    /// Which plane it is.
    public var plane: OrthoPlane
    /// Columns of the plane: the width of a slice. Its rows are those of the detector.
    public var columns: Int
    /// The attenuation in 1/pixel, float32 `[detector row, row or column of the slice]`.
    public var pixels: Payload
}

/// Reconstructs planes along the rotation axis of every window, by filtered back-projection of their pixels alone.
///
/// The rows of the detector are filtered as for whole slices; of the back-projection, which costs more, only a line of each slice is done. A
/// running scan can be steered to other planes.
public struct ReconstructPlanes: WindowOperator {
    private let planes: OrthoPlanes
    private let filter: ReconstructionFilter
    private let sinogramSteps: [any SinogramStep]

    /// - Parameters:
    ///   - planes: The planes. A plane that is not in the slices is left out, with a warning.
    ///   - filter: The filter.
    ///   - sinogramSteps: What happens to the sinogram of every row before, as in `Reconstruct`.
    public init(
        _ planes: OrthoPlanes, filter: ReconstructionFilter = .shepp, sinogramSteps: [any SinogramStep] = []
    ) {
        self.planes = planes
        self.filter = filter
        self.sinogramSteps = sinogramSteps
    }

    /// The projections in the window.
    public struct State: Snapshotable {
        var projections: [Projection] = []

        init() {}

        /// Writes the projections, oldest first.
        public func snapshot(into records: inout RecordWriter) {
            for projection in projections { records.append(projection) }
        }

        /// Brings them back.
        public init(restoring records: [RecordReader]) throws(RecordError) {
            projections = try [Projection](restoring: records)
        }
    }

    /// An empty window.
    public func makeState() -> State { State() }

    /// A projection enters.
    public func add(_ projection: Projection, state: inout State, context: OperatorContext) throws {
        try state.projections.checkShape(of: projection)
        state.projections.append(projection)
    }

    /// The oldest projection leaves.
    public func remove(_ projection: Projection, state: inout State, context: OperatorContext) {
        state.projections.removeFirst()
    }

    /// Puts out the planes.
    /// - Throws: `TomographyError` for angles that are not finite, and for a half acquisition that is too short at its end.
    public func emit(
        _ pane: WindowPane, part: Int, state: inout State, into output: inout Output<ReconstructedPlane>,
        context: OperatorContext
    ) throws -> EmitProgress {
        guard let first = state.projections.first, let last = state.projections.last else { return .complete }
        let sinograms: WindowSinograms
        do { sinograms = try WindowSinograms(state.projections, steps: sinogramSteps) } catch {
            guard case .halfAcquisitionTooShort = error, !pane.isLast else { throw error }
            return .complete
        }
        let geometry = sinograms.geometry
        let wanted = (last.steering.planes ?? planes).planes.filter { plane in
            guard plane.position < geometry.columns else {
                context.report(
                    .warning("the plane \(plane) is not in slices of \(geometry.columns) x \(geometry.columns)"))
                return false
            }
            return true
        }
        guard !wanted.isEmpty else { return .complete }
        let plan = try FilteredBackProjectionPlan(
            columns: geometry.columns,
            anglesRadians: geometry.anglesDegrees.map { $0.remainder(dividingBy: 360) * .pi / 180 },
            centre: geometry.centre, filter: filter)
        let images = PlaneImages(count: wanted.count, rows: first.rows, columns: geometry.columns)
        let threads = min(context.parallelism, (first.rows + 1) / 2)
        DispatchQueue.concurrentPerform(iterations: threads) { thread in
            var memory = FilteredBackProjectionMemory(for: plan)
            for pair in stride(from: thread, to: (first.rows + 1) / 2, by: threads) {
                let odd = 2 * pair + 1 < first.rows ? 2 * pair + 1 : nil
                sinograms.withLines(of: 2 * pair) { even in
                    sinograms.withLines(of: odd) { odd in
                        for angle in even.indices {
                            memory.filter(even[angle], odd.isEmpty ? nil : odd[angle], angle: angle, plan)
                        }
                    }
                }
                for (number, plane) in wanted.enumerated() {
                    let lines = images.lines(number, pair: pair)
                    memory.backproject(plane, plan, into: lines.even, lines.odd)
                }
            }
        }
        for (number, plane) in wanted.enumerated() {
            output.append(
                ReconstructedPlane(
                    scan: first.scan, window: pane.index, projections: pane.count, isComplete: pane.isComplete,
                    plane: plane, columns: geometry.columns, pixels: images.payload(number)),
                time: pane.time)
        }
        return .complete
    }
}

/// Where threads put the lines of planes. Sound to share: each line is written by one thread, and read after all are done.
private final class PlaneImages: @unchecked Sendable {
    private let rows: Int
    private let columns: Int
    private let storage: [Payload.Storage]

    init(count: Int, rows: Int, columns: Int) {
        (self.rows, self.columns) = (rows, columns)
        storage = (0..<count).map { _ in Payload.Storage(byteCount: 4 * rows * columns) }
    }

    /// The two rows of a pair; the odd one may be missing.
    func lines(_ number: Int, pair: Int) -> (even: UnsafeMutablePointer<Float>, odd: UnsafeMutablePointer<Float>?) {
        let first = storage[number].bytes.bindMemory(to: Float.self).baseAddress! + 2 * pair * columns
        return (first, 2 * pair + 1 < rows ? first + columns : nil)
    }

    func payload(_ number: Int) -> Payload { Payload(storage[number], range: 0..<4 * rows * columns) }
}
