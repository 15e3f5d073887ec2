/// How far a cell has been stretched and sheared between two frames of a relaxation or a dynamics.
///
/// With the cell vectors of the first and the last frame as rows of A0 and A1, E = A0 A1^-1 - I, made symmetric; the strain is the largest of the
/// absolute eigenvalues of E. So MOFA measures it (X. Yan et al., arXiv 2501.10651), and calls a framework stable up to 0.25.
///
/// Both cells are turned into one convention first, a along x and b in the plane of x and y: a rotated cell is not a strained one. Other vectors
/// of the same lattice, as programs choose them that reduce cells, cannot be compared, and are refused.
public struct LatticeStrain: Sendable, Hashable {
    /// The limit of MOFA: a framework with no more strain is stable.
    public static let stableMax = 0.25

    /// The eigenvalues of E, from the smallest to the largest. Stretching is negative, since the first frame is measured by the last.
    public let principal: SIMD3<Double>

    /// The largest of the absolute eigenvalues.
    public var value: Double { max(abs(principal.x), abs(principal.z)) }

    /// Why two cells have no strain.
    public enum Failure: Error, Sendable, Hashable, CustomStringConvertible {
        /// One of them is right-handed, the other left-handed.
        case mirrored
        /// They are other vectors of one and the same lattice, or nearly so.
        case otherVectors

        /// What is wrong.
        public var description: String {
            switch self {
            case .mirrored: "one of the cells is the mirror image of the other: their vectors are in another order"
            case .otherVectors: "the cells are other vectors of one lattice: one of the frames was reduced or reordered"
            }
        }
    }

    /// The strain between two cells.
    public init(from first: UnitCell, to last: UnitCell) throws(Failure) {
        guard (first.handedness > 0) == (last.handedness > 0) else { throw .mirrored }
        guard !Self.isOneLatticeByOtherVectors(first, last) else { throw .otherVectors }
        let (first, last) = (first.conventional, last.conventional)
        // Row i of A0 A1^-1 is vector i of the first cell in fractional coordinates of the last one.
        let rows = [last.fractional(first.a), last.fractional(first.b), last.fractional(first.c)]
        let mixed = SIMD3(
            (rows[1].z + rows[2].y) / 2, (rows[2].x + rows[0].z) / 2, (rows[0].y + rows[1].x) / 2)
        principal = symmetricEigenvalues(
            diagonal: SIMD3(rows[0].x, rows[1].y, rows[2].z) - 1, offDiagonal: mixed)
    }

    /// Whether the lattices are far apart with the vectors as they are, and close with others that are sums of them.
    private static func isOneLatticeByOtherVectors(_ first: UnitCell, _ last: UnitCell) -> Bool {
        let goal = Metric(first.a, first.b, first.c)
        let asIs = goal.difference(from: Metric(last.a, last.b, last.c))
        guard asIs > 0.1 else { return false }
        var sums: [SIMD3<Double>] = []
        for x in -1...1 {
            for y in -1...1 {
                for z in -1...1 { sums.append(Double(x) * last.a + Double(y) * last.b + Double(z) * last.c) }
            }
        }
        // Lengths alone rule out nearly all of them.
        func candidates(_ square: Double) -> [SIMD3<Double>] {
            sums.filter { abs(dot($0, $0) - square) < 0.1 * asIs * goal.scale }
        }
        for a in candidates(goal.squares.x) {
            for b in candidates(goal.squares.y) {
                for c in candidates(goal.squares.z) where abs(dot(a, cross(b, c))) > 0.5 * last.volume {
                    if goal.difference(from: Metric(a, b, c)) < 0.1 * asIs { return true }
                }
            }
        }
        return false
    }
}

/// The scalar products of the vectors of a cell, which do not change when the cell is rotated.
private struct Metric {
    let squares, products: SIMD3<Double>

    init(_ a: SIMD3<Double>, _ b: SIMD3<Double>, _ c: SIMD3<Double>) {
        squares = SIMD3(dot(a, a), dot(b, b), dot(c, c))
        products = SIMD3(dot(b, c), dot(c, a), dot(a, b))
    }

    var scale: Double { squares.max() }

    /// The largest difference of two scalar products, relative to the square of the longest vector of this one.
    func difference(from other: Metric) -> Double {
        let (lengths, angles) = (squares - other.squares, products - other.products)
        let largest = max(lengths.max(), -lengths.min(), angles.max(), -angles.min())
        return largest / scale
    }
}

extension UnitCell {
    /// a . (b x c) in Å^3: above zero for right-handed vectors.
    var handedness: Double { dot(a, cross(b, c)) }

    /// The cell rotated, and mirrored where its vectors are left-handed, so that a is along x, b in the plane of x and y, and all are
    /// right-handed. Fractional coordinates stay.
    public var conventional: UnitCell {
        let along = a / length(a)
        let bx = dot(b, along)
        let by = length(b - bx * along)
        let cx = dot(c, along)
        let cy = (dot(b, c) - bx * cx) / by
        // From the volume, which is exact where the square root of a difference would not be.
        let cz = volume / (length(a) * by)
        return UnitCell(a: SIMD3(length(a), 0, 0), b: SIMD3(bx, by, 0), c: SIMD3(cx, cy, cz))!
    }
}

/// The eigenvalues of a symmetric matrix, from the smallest to the largest, by rotations (C. G. J. Jacobi, J. Reine Angew. Math. 30 (1846) 51).
/// - Parameter offDiagonal: The elements yz, zx and xy.
func symmetricEigenvalues(diagonal: SIMD3<Double>, offDiagonal: SIMD3<Double>) -> SIMD3<Double> {
    var diagonal = diagonal
    // The element with this index belongs to the two other axes.
    var rest = offDiagonal
    for _ in 0..<20 where rest != .zero {
        for axis in 0..<3 where rest[axis] != 0 {
            let (p, q) = ((axis + 1) % 3, (axis + 2) % 3)
            let theta = (diagonal[q] - diagonal[p]) / (2 * rest[axis])
            let sign = theta < 0 ? -1.0 : 1.0
            let t = sign / (abs(theta) + (theta * theta + 1).squareRoot())
            let c = 1 / (t * t + 1).squareRoot()
            let s = t * c
            diagonal[p] -= t * rest[axis]
            diagonal[q] += t * rest[axis]
            // The elements that join the third axis with p and with q.
            let (withP, withQ) = (rest[q], rest[p])
            rest[q] = c * withP - s * withQ
            rest[p] = s * withP + c * withQ
            rest[axis] = 0
        }
    }
    let sorted = [diagonal.x, diagonal.y, diagonal.z].sorted()
    return SIMD3(sorted[0], sorted[1], sorted[2])
}
