/// The Fourier grids of a sliding window, one for each pair of detector rows that is looked at, from one window to the next.
///
/// A grid of gridrec is the sum of its projections, each with its weight. So a window takes from the one before what stays: projections that
/// came are added, those that left are taken off with the weight that they had, and where a neighbour in angle came or left, the change of the
/// weight is added. Each such change costs one Fourier transform and one spread, however long the window is, and each image one inverse
/// transform of the grid. Where a window has as many changes as projections it is summed afresh, which costs no more.
///
/// Grids belong to the state and go into snapshots bit for bit, 32 `columns`^2 bytes each (8.7 MB for 512 columns): rounding errors of what has
/// left stay in them, some 1e-7 of the range after many turns, so the projections of the window alone cannot give the same bits again. The
/// filtered spectra do not go there: they would take four times the memory of the rows, and transforming a row again costs a fifth of a change.
package struct SlidingGrids: Sendable {
    /// The most memory of all grids. Windows with more pairs are each reconstructed afresh.
    static let memoryLimitBytes = 1 << 30

    /// The rotation centre that the grids are for.
    var centre = 0.0
    /// The grids, by the number of the pair.
    var grids: [Int: PairGrid] = [:]
    /// The weights that the first projections of the window have in the grids. None at all where grids must be summed afresh.
    var weights: [Float] = []
    /// The projections that have left the window and are in the grids still, and their weights.
    var left: [(projection: Projection, weight: Float)] = []

    /// No grids.
    package init() {}

    /// Whether grids of so many pairs are worth their memory.
    static func haveRoom(pairs: Int, _ layout: GridrecLayout) -> Bool { pairs * layout.gridBytes <= memoryLimitBytes }

    /// The oldest projection of the window has left it.
    package mutating func remove(_ projection: Projection) {
        guard !weights.isEmpty else { return }
        left.append((projection, weights.removeFirst()))
        // As many will have come: the window will be summed afresh.
        if left.count > weights.count { forget() }
    }

    /// What leads from the last window to this one. All pairs must be brought up to date before the next call.
    /// - Parameters:
    ///   - projections: The window, oldest first.
    ///   - pairs: The numbers of the pairs of rows.
    /// - Throws: `TomographyError` where an angle is not finite.
    package mutating func update(
        to projections: [Projection], pairs: [Int], _ setup: GridrecSetup
    ) throws(TomographyError) -> GridUpdate {
        let angular = try AngularWeights(anglesRadians: projections.map(\.angleRadians))
        if setup.centre != centre || grids.count != pairs.count
            || !pairs.allSatisfy({ grids[$0]?.grid.layout == setup.layout })
        {
            forget()
            centre = setup.centre
            grids = [:]
            for pair in pairs { grids[pair] = PairGrid(GridrecGrid(setup.layout)) }
        } else if grids.values.contains(where: \.isSpoilt) {
            forget()
        }
        let target = angular.radians.map(Float.init)
        var changes = left.map { GridChange($0.projection, weight: -$0.weight) }
        for (place, projection) in projections.enumerated() {
            let weight = place < weights.count ? target[place] - weights[place] : target[place]
            if weight != 0 { changes.append(GridChange(projection, weight: weight)) }
        }
        let isAfresh = weights.isEmpty || changes.count >= projections.count
        if isAfresh { changes = zip(projections, target).map { GridChange($0, weight: $1) } }
        weights = target
        left = []
        return GridUpdate(setup, grids, changes, isAfresh: isAfresh, weights: angular)
    }

    /// The next window is summed afresh.
    private mutating func forget() {
        weights = []
        left = []
    }
}

/// A grid that a state refers to. Sound to share: in an update one thread at a time has the grid of a pair, and between updates nobody.
final class PairGrid: @unchecked Sendable {
    var grid: GridrecGrid
    /// Whether a value that is not finite came into the grid: taking its projection off would leave it there.
    var isSpoilt: Bool

    init(_ grid: consuming GridrecGrid, isSpoilt: Bool = false) {
        self.grid = grid
        self.isSpoilt = isSpoilt
    }
}
