internal import Dispatch
public import Penstock
public import PenstockEvents

/// Reconstructs every window of projections by gridrec, slice by slice.
///
/// The method and its sources are at `GridrecPlan`. Slices are computed in pairs of an even and an odd detector row, several pairs at a
/// time on as many threads as the stage has; what comes out does not depend on their number.
public struct Gridrec: WindowOperator {
    private let filter: ReconstructionFilter
    private let rows: RowSelection
    private let early: EarlySlices

    /// Which slices are reconstructed for windows that are not the last of their scan.
    public enum EarlySlices: Sendable, Hashable {
        /// All slices that are wanted.
        case all
        /// The middle one of them, for looking at while the scan runs.
        case middle
        /// None.
        case none
    }

    /// Reconstruction with a filter. The projections must know their rotation centre, from `FindCentre`.
    /// - Parameters:
    ///   - rows: The detector rows that become slices.
    ///   - early: The slices of windows that are not the last of their scan.
    public init(filter: ReconstructionFilter = .shepp, rows: RowSelection = .all, early: EarlySlices = .all) {
        self.filter = filter
        self.rows = rows
        self.early = early
    }

    /// The projections in the window.
    public struct State: Snapshotable {
        var projections: [Projection] = []
        fileprivate var window: GridrecWindow?

        init() {}

        /// Writes the projections, oldest first.
        public func snapshot(into records: inout RecordWriter) {
            for projection in projections { records.append(projection) }
        }

        /// Brings the projections back.
        public init(restoring records: [RecordReader]) throws(RecordError) {
            for record in records {
                var record = record
                projections.append(try Projection(reading: &record))
            }
        }
    }

    /// An empty window.
    public func makeState() -> State { State() }

    /// A projection enters.
    public func add(_ projection: Projection, state: inout State, context: OperatorContext) throws {
        if let first = state.projections.first {
            guard first.rows == projection.rows, first.columns == projection.columns else {
                throw TomographyError.shapeChanged(kind: "projection", index: projection.index)
            }
        } else {
            // Said with the first projection, not after the last.
            _ = try rows.places(from: projection.firstRow, count: projection.rows)
        }
        state.projections.append(projection)
    }

    /// The oldest projection leaves.
    public func remove(_ projection: Projection, state: inout State, context: OperatorContext) {
        state.projections.removeFirst()
    }

    /// Puts out the next slices: one pair for each thread.
    public func emit(
        _ pane: WindowPane, part: Int, state: inout State, into output: inout Output<ReconstructedSlice>,
        context: OperatorContext
    ) throws -> EmitProgress {
        guard let first = state.projections.first else { return .complete }
        let wanted = try rows.places(from: first.firstRow, count: first.rows)
        let pairs = pairs(of: wanted, pane)
        guard !pairs.isEmpty else { return .complete }
        if part == 0 {
            state.window = try GridrecWindow(state.projections, filter: filter, reusing: state.window)
            if pane.isLast { tell(state.window, pane, context) }
        }
        guard let window = state.window else { preconditionFailure("a window was not begun") }
        let range = part * context.parallelism..<min((part + 1) * context.parallelism, pairs.count)
        let slices = window.reconstruct(pairs: Array(pairs[range]))
        for (place, pixels) in slices {
            guard let number = wanted.position(of: place) else { continue }
            output.append(
                slice(number, of: wanted.count, at: place, pixels, of: state.projections, pane), time: pane.time)
        }
        return range.upperBound == pairs.count ? .complete : .more
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
        _ number: Int, of count: Int, at place: Int, _ pixels: Payload, of projections: [Projection], _ pane: WindowPane
    ) -> ReconstructedSlice {
        let angles = projections.map(\.angleDegrees)
        return ReconstructedSlice(
            scan: projections[0].scan, window: pane.index, projections: pane.count, isComplete: pane.isComplete,
            isLast: pane.isLast, anglesDegrees: (angles.min() ?? 0)...(angles.max() ?? 0), slice: number,
            row: projections[0].firstRow + place, sliceCount: count, size: projections[0].columns, pixels: pixels)
    }

    /// Says how many windows the scan had, and what is wrong with the last.
    private func tell(_ window: GridrecWindow?, _ pane: WindowPane, _ context: OperatorContext) {
        context.report(.fact(name: "windows", value: "\(pane.index + 1)"))
        context.report(.fact(name: "projections_in_last_window", value: "\(pane.count)"))
        context.report(.fact(name: "last_window_is_complete", value: "\(pane.isComplete)"))
        guard let weights = window?.plan.weights, weights.isCapped else { return }
        let gap = (weights.largestGapRadians * 180 / .pi * 10).rounded() / 10
        context.report(
            .warning("the projections leave a gap of \(gap) degrees: the image has artefacts along its directions"))
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

/// The reconstruction of one window: what all of its slices share, and the memory of the threads.
///
/// Pointers into the projections are used only inside `reconstruct`, while `projections` holds their memory.
private final class GridrecWindow: Sendable {
    let plan: GridrecPlan
    private let projections: [Projection]
    private let workspaces: WorkspacePool

    init(
        _ projections: [Projection], filter: ReconstructionFilter, reusing last: GridrecWindow?
    ) throws(TomographyError) {
        guard let first = projections.first, let centre = first.centre else { throw .centreUnknown }
        self.projections = projections
        let angles = projections.map { $0.angleDegrees.remainder(dividingBy: 360) * .pi / 180 }
        plan = try GridrecPlan(columns: first.columns, anglesRadians: angles, centre: centre, filter: filter)
        workspaces = last?.plan.columns == plan.columns ? last?.workspaces ?? WorkspacePool() : WorkspacePool()
    }

    /// The slices of some pairs of rows, in order of their rows; each pair on a thread of its own.
    func reconstruct(pairs: [Int]) -> [(row: Int, pixels: Payload)] {
        let rows = projections[0].rows
        let jobs = pairs.map { PairJob(even: 2 * $0, odd: 2 * $0 + 1 < rows ? 2 * $0 + 1 : nil, size: plan.columns) }
        if jobs.count == 1 {
            run(jobs[0])
        } else {
            DispatchQueue.concurrentPerform(iterations: jobs.count) { run(jobs[$0]) }
        }
        return jobs.flatMap(\.slices)
    }

    private func run(_ job: PairJob) {
        let memory = workspaces.take(for: plan)
        defer { workspaces.giveBack(memory) }
        let even = pointers(row: job.even)
        let odd = job.odd.map { pointers(row: $0) } ?? []
        even.withUnsafeBufferPointer { even in
            odd.withUnsafeBufferPointer { odd in
                plan.reconstruct(
                    even: even, odd: job.odd == nil ? nil : odd, into: job.evenImage, job.oddImage,
                    workspace: &memory.workspace)
            }
        }
    }

    private func pointers(row: Int) -> [UnsafePointer<Float>] {
        projections.map { projection in
            projection.values.withValues(of: Float.self) { values in
                // The storage outlives the call: `projections` holds it.
                values.baseAddress! + row * projection.columns
            }
        }
    }
}

/// The memory of threads that have done a pair, for those that do the next.
private final class WorkspacePool: Sendable {
    /// Sound to share: a workspace is in the pool or belongs to one thread.
    final class Memory: @unchecked Sendable {
        var workspace: GridrecWorkspace

        init(_ plan: GridrecPlan) { workspace = GridrecWorkspace(for: plan) }
    }

    private let free = Guarded<[Memory]>([])

    func take(for plan: GridrecPlan) -> Memory { free.withLock { $0.popLast() } ?? Memory(plan) }

    func giveBack(_ memory: Memory) { free.withLock { $0.append(memory) } }
}

/// Where one thread puts the images of its pair. Sound to share: each job is written by one thread and read after all are done.
private final class PairJob: @unchecked Sendable {
    let even: Int
    let odd: Int?
    private let storage: [Payload.Storage]

    init(even: Int, odd: Int?, size: Int) {
        self.even = even
        self.odd = odd
        storage = (0..<(odd == nil ? 1 : 2)).map { _ in Payload.Storage(byteCount: 4 * size * size) }
    }

    var evenImage: UnsafeMutablePointer<Float> { image(0) }

    var oddImage: UnsafeMutablePointer<Float>? { odd == nil ? nil : image(1) }

    var slices: [(row: Int, pixels: Payload)] {
        zip([even] + (odd.map { [$0] } ?? []), storage).map { ($0, Payload($1, range: 0..<$1.bytes.count)) }
    }

    private func image(_ index: Int) -> UnsafeMutablePointer<Float> {
        storage[index].bytes.bindMemory(to: Float.self).baseAddress!
    }
}
