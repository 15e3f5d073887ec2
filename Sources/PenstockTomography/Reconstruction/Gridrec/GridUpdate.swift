/// A projection that is added to the grids of a window, or whose weight there changes.
struct GridChange: Sendable {
    let projection: Projection
    let view: GridrecView

    /// - Parameter weight: What its weight becomes more, in radians; negative where it becomes less.
    init(_ projection: Projection, weight: Float) {
        self.projection = projection
        view = GridrecView(angleRadians: projection.angleRadians, weight: weight)
    }
}

/// What leads from the grids of one window to those of the next, pair by pair and each on any thread: the changes are added in their order.
package struct GridUpdate: Sendable {
    /// How the angles of the window are spread.
    let weights: AngularWeights
    let setup: GridrecSetup
    /// How many projections are added, taken off or change their weight.
    package var changeCount: Int { changes.count }
    /// Their numbers in the scan, and what their weights become more, in radians.
    var changed: [(projection: Int, weightRadians: Float)] { changes.map { ($0.projection.index, $0.view.weight) } }
    /// Whether the grids are summed from nothing.
    package let isAfresh: Bool
    private let grids: [Int: PairGrid]
    private let changes: [GridChange]

    init(
        _ setup: GridrecSetup, _ grids: [Int: PairGrid], _ changes: [GridChange], isAfresh: Bool,
        weights: AngularWeights
    ) {
        self.setup = setup
        self.grids = grids
        self.changes = changes
        self.isAfresh = isAfresh
        self.weights = weights
    }

    /// Brings the grid of a pair up to date and makes its images.
    /// - Parameters:
    ///   - oddImage: Where the odd row's goes; nil where the detector has no such row.
    ///   - pool: Where the memory for it is.
    package func reconstruct(
        pair: Int, into evenImage: UnsafeMutablePointer<Float>, _ oddImage: UnsafeMutablePointer<Float>?,
        pool: MemoryPool
    ) {
        pool.withMemory(
            where: { (memory: ThreadMemory<GridrecMemory>) in memory.value.layout == setup.layout },
            { ThreadMemory(GridrecMemory(setup.layout)) }
        ) { reconstruct(pair: pair, into: evenImage, oddImage, memory: &$0.value) }
    }

    private func reconstruct(
        pair: Int, into evenImage: UnsafeMutablePointer<Float>, _ oddImage: UnsafeMutablePointer<Float>?,
        memory: inout GridrecMemory
    ) {
        guard let grid = grids[pair] else { preconditionFailure("pair \(pair) has no grid") }
        if isAfresh { grid.grid.clear() }
        for change in changes {
            let projection = change.projection
            projection.values.withValues(of: Float.self) { values in
                let even = values.baseAddress! + 2 * pair * projection.columns
                memory.spread(
                    even, oddImage == nil ? nil : even + projection.columns, change.view, onto: &grid.grid, setup)
            }
        }
        memory.transform(&grid.grid, clearing: false, setup, into: evenImage, oddImage)
        // The transform spreads a value that is not finite over all pixels.
        grid.isSpoilt = !evenImage[0].isFinite
    }
}

extension Projection {
    /// The stage angle, less whole turns.
    var angleRadians: Double { angleDegrees.remainder(dividingBy: 360) * .pi / 180 }
}
