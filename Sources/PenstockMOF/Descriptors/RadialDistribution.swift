#if canImport(Glibc)
    internal import Glibc
#elseif canImport(Musl)
    internal import Musl
#endif

/// How often atoms are at certain distances from each other, weighted by what they are: smoothed, and for each Å^3 of the crystal.
///
/// At the distance R it is the sum of w_i w_j exp(-(r_ij - R)^2 / (2 σ^2)) over all pairs of atoms, images included, each pair once, over the
/// volume. It is the same for a repeated cell, another choice of its vectors and another order of the atoms. Source: M. Fernandez, N. R. Trefiak,
/// T. K. Woo, J. Phys. Chem. C 117 (2013) 14095, DOI 10.1021/jp404287t, there for each atom instead of each Å^3.
public struct RadialDistribution: Sendable, Hashable {
    /// What a pair of atoms counts.
    public enum Weight: Sendable, Hashable {
        /// 1.
        case one
        /// The product of Pauling's electronegativities.
        case electronegativity
        /// The product of the atoms' volumes in Å^3, by the radii of the geometry of pores.
        case volume
        /// 1 for a pair of these classes, else nothing.
        case pair(AtomClass, AtomClass)

        /// The weight as part of a component's name.
        public var name: String {
            switch self {
            case .one: "one"
            case .electronegativity: "electronegativity"
            case .volume: "volume"
            case .pair(let one, let other): "\(one.rawValue)_\(other.rawValue)"
            }
        }
    }

    /// Where a Gaussian ends, in its standard deviations: there it is 1e-14 of its height, so that rounding of a distance decides nothing.
    static let reach = 8.0

    /// What pairs count.
    public let weight: Weight
    /// The distances R in Å, rising.
    public let distances: [Double]
    /// The standard deviation σ of the smoothing in Å.
    public let width: Double

    /// A distribution at these distances; those of M. Fernandez et al. unless others are given.
    /// - Parameters:
    ///   - distances: In Å, rising, not negative.
    ///   - width: σ in Å, above zero.
    public init(
        _ weight: Weight, distances: [Double] = Array(stride(from: 2, through: 15, by: 0.5)), width: Double = 0.25
    ) {
        precondition(width > 0 && width.isFinite, "a Gaussian has a width")
        precondition(
            !distances.isEmpty && distances[0] >= 0 && zip(distances, distances.dropFirst()).allSatisfy { $0 < $1 },
            "distances rise from zero or above")
        (self.weight, self.distances, self.width) = (weight, distances, width)
    }

    /// The names of the values.
    public var names: [String] { distances.map { "rdf_\(weight.name)_\($0)" } }

    /// The distribution of a crystal at each distance, in weights per Å^3. Takes time linear in the number of atoms.
    public func values(of crystal: Crystal) -> [Double] { Self.values(of: crystal, for: [self])[0] }

    /// Several distributions of a crystal of the same distances and width, by one search for pairs.
    static func values(of crystal: Crystal, for distributions: [RadialDistribution]) -> [[Double]] {
        let first = distributions[0]
        precondition(
            distributions.allSatisfy { $0.distances == first.distances && $0.width == first.width },
            "the distributions have the same distances and width")
        let (distances, width) = (first.distances, first.width)
        let weights = distributions.map { PairWeights($0.weight, crystal) }
        var sums = [[Double]](repeating: [Double](repeating: 0, count: distances.count), count: distributions.count)
        var terms = [Double](repeating: 0, count: distances.count)
        let margin = reach * width
        let pairs = CellList(crystal.atoms.map(\.position), in: crystal.cell, cutoff: distances.last! + margin)
        pairs.forEachPair { one, other, _, _, square in
            let distance = square.squareRoot()
            var low = lowest(of: distances, from: distance - margin)
            let start = low
            while low < distances.count, distances[low] <= distance + margin {
                let offset = (distance - distances[low]) / width
                terms[low] = exp(-0.5 * offset * offset)
                low += 1
            }
            for place in weights.indices {
                let weight = weights[place][one, other]
                if weight == 0 { continue }
                for slot in start..<low { sums[place][slot] += weight * terms[slot] }
            }
            return true
        }
        // Each pair came from both sides.
        return sums.map { $0.map { $0 / (2 * crystal.cell.volume) } }
    }

    /// The first distance that is not below a bound.
    private static func lowest(of distances: [Double], from bound: Double) -> Int {
        var (low, high) = (0, distances.count)
        while low < high {
            let middle = (low + high) / 2
            if distances[middle] < bound { low = middle + 1 } else { high = middle }
        }
        return low
    }
}

/// What pairs of a crystal's atoms count.
private struct PairWeights {
    private let factors: [Double]
    /// Classes where a pair counts by them: whether each atom is of the first, and of the second.
    private let isFirst, isSecond: [Bool]

    init(_ weight: RadialDistribution.Weight, _ crystal: Crystal) {
        switch weight {
        case .one: factors = crystal.atoms.map { _ in 1 }
        case .electronegativity: factors = crystal.atoms.map(\.element.electronegativity)
        case .volume:
            factors = crystal.atoms.map { atom in
                let radius = atom.element.poreRadius
                return 4 * Double.pi / 3 * radius * radius * radius
            }
        case .pair: factors = []
        }
        guard case .pair(let one, let other) = weight else {
            (isFirst, isSecond) = ([], [])
            return
        }
        isFirst = crystal.atoms.map { AtomClass($0.element) == one }
        isSecond = crystal.atoms.map { AtomClass($0.element) == other }
    }

    subscript(one: Int, other: Int) -> Double {
        if !factors.isEmpty { return factors[one] * factors[other] }
        return isFirst[one] && isSecond[other] || isFirst[other] && isSecond[one] ? 1 : 0
    }
}
