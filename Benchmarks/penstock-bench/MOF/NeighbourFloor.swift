import PenstockBenchmarks
import PenstockMOF

/// The least that an energy by direct sums costs: the squares of the distances from a point to all atoms within the cutoff.
struct NeighbourFloor {
    /// For each of some points the atoms around it, as vectors from it, four at a time.
    private let lists: [[SIMD4<Double>]]

    private static let pointCount = 64

    init(_ crystal: Crystal, cutoff: Double) {
        let cell = crystal.cell
        let reach = (SIMD3(repeating: cutoff) / cell.widths).rounded(.up)
        // A point of the Kronecker sequence of the plastic number's generalisation: even, and the same each time.
        let turns = SIMD3(0.8191725133961645, 0.6710436067037893, 0.5497004779019703)
        lists = (1...Self.pointCount).map { point in
            let place = Atom.wrapped(Double(point) * turns)
            var around: [SIMD3<Double>] = []
            for x in -Int(reach.x)...Int(reach.x) {
                for y in -Int(reach.y)...Int(reach.y) {
                    for z in -Int(reach.z)...Int(reach.z) {
                        let shift = SIMD3(Double(x), Double(y), Double(z)) - place
                        for atom in crystal.atoms {
                            let vector = cell.cartesian(atom.position + shift)
                            if (vector * vector).sum() < cutoff * cutoff { around.append(vector) }
                        }
                    }
                }
            }
            return stride(from: 0, to: around.count, by: 4).flatMap { first in
                let four = (0..<4).map { around[min(first + $0, around.count - 1)] }
                return [\.x, \.y, \.z].map { (axis: KeyPath<SIMD3<Double>, Double>) in
                    SIMD4(four.map { $0[keyPath: axis] })
                }
            }
        }
    }

    /// Processor time of so many sums.
    func seconds(evaluations: Int) -> Double {
        let start = ProcessorTime.processNanoseconds
        var sum = SIMD4<Double>.zero
        for evaluation in 0..<evaluations {
            let offset = 1e-9 * Double(evaluation)
            lists[evaluation % lists.count].withUnsafeBufferPointer { lanes in
                for lane in stride(from: 0, to: lanes.count, by: 3) {
                    let (x, y, z) = (lanes[lane] - offset, lanes[lane + 1], lanes[lane + 2])
                    sum += x * x + y * y + z * z
                }
            }
        }
        precondition(sum.sum() >= 0, "squares are not negative")
        return (ProcessorTime.processNanoseconds - start) * 1e-9
    }
}
