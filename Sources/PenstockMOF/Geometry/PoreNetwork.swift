/// The pores of a crystal and the windows between them: which parts of {D >= r} hang together, at any r.
///
/// Peaks of the distance field are joined by passes in the order of their heights (a bottleneck spanning tree), with the cells of the
/// peaks. Heights are exact but for rounding; the grid only finds the places.
struct PoreNetwork: Sendable {
    /// Twice the largest distance of the field, the largest cavity diameter, in Å; not above zero where there is no cavity.
    private(set) var largestCavityDiameter = 0.0
    /// Twice the largest r for which {D >= r} winds around the crystal, in Å; nil where no r above zero does.
    private(set) var poreLimitingDiameter: Double?
    /// Twice the largest distance within that percolating part, in Å; nil where there is none.
    private(set) var largestFreePathDiameter: Double?
    /// The connected parts of {D >= probe radius}.
    private(set) var components: [Component] = []
    /// The component of each basin; -1 for basins below the probe radius.
    private(set) var componentOfBasin: [Int32] = []

    struct Component: Sendable {
        var dimensionality: Int
        /// The largest distance in it, in Å.
        var largestRadius: Double
    }

    init(field: DistanceField, grid: DistanceGrid, basins: Basins, probeRadius: Double) {
        var builder = Builder(finder: PassFinder(ascent: Ascent(field: field), grid: grid, basins: basins))
        largestCavityDiameter = 2 * builder.highestPeak { _ in true }
        var atProbe: LatticeUnionFind?
        var limit = Double.infinity
        while let link = builder.nextLink(), link.height > 0 {
            if atProbe == nil, link.height < probeRadius { atProbe = builder.sets }
            // Windows that are equal by symmetry differ by rounding: the part that percolates has all of them.
            if link.height < limit - 1e-4, poreLimitingDiameter != nil {
                if largestFreePathDiameter == nil { largestFreePathDiameter = 2 * builder.highestFreePeak() }
                if atProbe != nil { break }
            }
            if builder.apply(link), poreLimitingDiameter == nil {
                limit = link.height
                poreLimitingDiameter = 2 * link.height
            }
        }
        if poreLimitingDiameter != nil, largestFreePathDiameter == nil {
            largestFreePathDiameter = 2 * builder.highestFreePeak()
        }
        (components, componentOfBasin) = builder.components(atProbe ?? builder.sets, probeRadius: probeRadius)
    }
}

/// Joins basins by passes in falling order, and finds the exact height of a pass only when its turn may have come.
private struct Builder {
    let finder: PassFinder
    var sets: LatticeUnionFind
    let candidates: [PassCandidate]
    private var next = 0
    /// Links with known heights that wait for their turn, the highest last.
    private var waiting: [Link] = []
    /// Basins from whose highest grid point one climbs into another basin.
    private var climbs: [Link] = []
    /// The exact peaks of the basins.
    private var peaks: [Ascent.Summit]

    /// Two basins that hang together at a height, the second in cell `offset`.
    struct Link {
        var height: Double
        var first, second: Int
        var offset: LatticeUnionFind.Offset
    }

    init(finder: PassFinder) {
        self.finder = finder
        let (grid, basins) = (finder.grid, finder.basins)
        candidates = basins.passCandidates(grid)
        peaks = basins.peaks.map { finder.ascent.climb(from: grid.point($0)) }
        sets = LatticeUnionFind(count: peaks.count)
        // A slanting ridge has several highest grid points, from which one climbs to one peak.
        for basin in peaks.indices {
            guard let other = basins.basin(around: peaks[basin].point, in: grid) else { continue }
            let image = peaks[other.basin].point + grid.cell.cartesian(SIMD3<Double>(other.cell))
            if length(peaks[basin].point - image) < 1e-3 {
                sets.join(basin, other.basin, offset: other.cell)
            } else if other.basin != basin {
                let height = Double(grid.values[basins.peaks[basin]])
                insert(Link(height: height, first: basin, second: other.basin, offset: other.cell))
                climbs.append(Link(height: height, first: basin, second: other.basin, offset: other.cell))
            }
        }
    }

    /// The highest link that is left, except for those between basins that are joined already.
    mutating func nextLink() -> Link? {
        while next < candidates.count {
            let candidate = candidates[next]
            // A pass is at most so much above the points of the grid beside it.
            if let top = waiting.last, top.height >= Double(candidate.level) + finder.grid.reach { break }
            next += 1
            guard !sets.areJoined(candidate.first, candidate.second, offset: candidate.offset) else { continue }
            insert(
                Link(
                    height: finder.straightWay(candidate), first: candidate.first, second: candidate.second,
                    offset: candidate.offset))
            for pass in finder.passes(candidate) {
                guard let one = finder.basins.basin(around: pass.summits.0, in: finder.grid),
                    let other = finder.basins.basin(around: pass.summits.1, in: finder.grid)
                else { continue }
                let offset = other.cell &- one.cell
                guard !sets.areJoined(one.basin, other.basin, offset: offset) else { continue }
                insert(Link(height: pass.height, first: one.basin, second: other.basin, offset: offset))
            }
        }
        return waiting.popLast()
    }

    private mutating func insert(_ link: Link) {
        waiting.insert(link, at: waiting.partitioningIndex { $0.height >= link.height })
    }

    /// Joins the basins of a link; says whether they run through the crystal in a new direction.
    mutating func apply(_ link: Link) -> Bool { sets.join(link.first, link.second, offset: link.offset) }

    /// The largest distance in the basins that satisfy a condition.
    ///
    /// Two peaks can be closer than the grid sees: climbs start from the highest grid points, too.
    func highestPeak(where isCounted: (Int) -> Bool) -> Double {
        let counted = peaks.indices.map(isCounted)
        var highest = peaks.indices.reduce(-Double.infinity) { counted[$1] ? max($0, peaks[$1].distance) : $0 }
        let values = finder.grid.values
        let high = values.indices.filter {
            Double(values[$0]) + finder.grid.reach > highest && finder.basins.labels[$0] >= 0
                && counted[Int(finder.basins.labels[$0])]
        }.sorted { (values[$0], $1) > (values[$1], $0) }
        for point in high.prefix(400) {
            highest = max(highest, finder.ascent.climb(from: finder.grid.point(point)).distance)
        }
        return highest
    }

    /// The largest distance in the sets that run through the crystal.
    func highestFreePeak() -> Double {
        highestPeak { sets.dimensionality(ofRoot: sets.root(of: $0).root) > 0 }
    }

    /// The sets whose peak is at least the probe's radius, in the order of their first basins.
    func components(
        _ sets: LatticeUnionFind, probeRadius: Double
    ) -> ([PoreNetwork.Component], [Int32]) {
        var sets = sets
        // What a basin has above the probe's radius is at the end of its climb.
        for link in climbs { sets.join(link.first, link.second, offset: link.offset) }
        var components: [PoreNetwork.Component] = []
        var ofRoot: [Int: Int32] = [:]
        var ofBasin = [Int32](repeating: -1, count: peaks.count)
        for basin in peaks.indices {
            guard peaks[basin].distance >= probeRadius else { continue }
            let root = sets.root(of: basin).root
            if ofRoot[root] == nil {
                ofRoot[root] = Int32(components.count)
                components.append(
                    PoreNetwork.Component(dimensionality: sets.dimensionality(ofRoot: root), largestRadius: 0))
            }
            let component = ofRoot[root]!
            ofBasin[basin] = component
            components[Int(component)].largestRadius = max(
                components[Int(component)].largestRadius, peaks[basin].distance)
        }
        return (components, ofBasin)
    }
}

extension Array {
    /// The first index whose element satisfies a condition that holds from there to the end.
    fileprivate func partitioningIndex(where condition: (Element) -> Bool) -> Int {
        var (low, high) = (startIndex, endIndex)
        while low < high {
            let middle = (low + high) / 2
            if condition(self[middle]) { high = middle } else { low = middle + 1 }
        }
        return low
    }
}
