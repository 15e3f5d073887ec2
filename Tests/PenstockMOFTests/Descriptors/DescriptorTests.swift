import Testing

@testable import PenstockMOF

@Suite struct DescriptorTests {
    private let sample: Crystal = {
        let cell = UnitCell(a: SIMD3(6, 0, 0), b: SIMD3(1, 7, 0), c: SIMD3(-0.8, 0.6, 5.5))!
        let places = [SIMD3(0.1, 0.2, 0.3), SIMD3(0.45, 0.6, 0.15), SIMD3(0.8, 0.35, 0.7), SIMD3(0.3, 0.9, 0.55)]
        let atoms = zip(["Zn", "O", "C", "C"], places).map { symbol, place in
            Atom(element: Element(symbol: symbol)!, label: symbol, position: place)
        }
        return Crystal(name: "sample", cell: cell, atoms: atoms)
    }()

    private func close(_ some: [Double], _ others: [Double], _ tolerance: Double = 1e-9) -> Bool {
        some.count == others.count && zip(some, others).allSatisfy { abs($0 - $1) <= tolerance * max(1e-3, abs($1)) }
    }

    @Test("descriptors do not depend on the choice of the cell, its repetition and the order of the atoms")
    func invariance() {
        let descriptors = StructureDescriptors(includesGeometry: false)
        let values = descriptors.values(of: sample)
        var reversed = sample
        reversed.atoms.reverse()
        let others = [
            sample.repeated(SIMD3(2, 1, 3)), GeometryCrystals.sheared(sample, 1, -1, 2), reversed,
        ]
        for other in others { #expect(close(descriptors.values(of: other), values)) }
        #expect(values.allSatisfy(\.isFinite) && values.count == descriptors.names.count)
    }

    @Test("components have their own names, the same for all structures, and empty crystals have zeros")
    func names() {
        let descriptors = StructureDescriptors()
        #expect(Set(descriptors.names).count == descriptors.names.count)
        let empty = Crystal(name: "empty", cell: sample.cell, atoms: [])
        #expect(descriptors.values(of: empty) == [Double](repeating: 0, count: descriptors.names.count))
    }

    @Test("a simple cubic lattice has six neighbours at its edge and twelve at the diagonal of its faces")
    func shells() {
        let cubic = GeometryCrystals.cubic(3)
        let distances = [3, 3 * 2.0.squareRoot(), 3 * 3.0.squareRoot()]
        let values = RadialDistribution(.one, distances: distances, width: 0.05).values(of: cubic)
        #expect(close(values, [3.0 / 27, 6.0 / 27, 4.0 / 27]))
    }
}
