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

    /// Expected values: plain loops over images in NumPy 2.4.6.
    @Test("radial distributions are those of plain loops")
    func radialDistribution() {
        let expected: [(RadialDistribution.Weight, [Double])] = [
            (.one, [0.0011630591300365554, 0.022214900764590578, 0.02675431489545715]),
            (.electronegativity, [0.004894486877938948, 0.15558569493966307, 0.16571939257909066]),
            (.pair(.oxygen, .carbon), [2.005825195429706e-07, 0.012828268414778868, 0.00572738794732249]),
        ]
        for (weight, values) in expected {
            let distribution = RadialDistribution(weight, distances: [2, 3.5, 5], width: 0.3)
            #expect(close(distribution.values(of: sample), values, 1e-6), "\(weight.name)")
        }
    }

    /// Expected values: plain loops over images in NumPy 2.4.6.
    @Test("symmetry functions are those of plain loops")
    func symmetryFunctions() throws {
        let functions = SymmetryFunctions(
            cutoff: 5, radial: [.init(eta: 1.5, shift: 2.5)],
            angular: [.init(eta: 0.02, lambda: 1, zeta: 1), .init(eta: 0.02, lambda: -1, zeta: 4)])
        let values = functions.values(of: sample)
        let expected: [(AtomClass, [Double])] = [
            (.carbon, [0.40065575847906354, 0.008053007482778879, 0.00013339606688330028]),
            (.oxygen, [0.14175403169959733, 0.0036596656702356143, 3.4539369461647415e-05]),
            (.metal, [0.6743065948250786, 0.00594716166714741, 0.0006764036606631143]),
        ]
        for (kind, means) in expected {
            let place = 3 * (try #require(AtomClass.allCases.firstIndex(of: kind)))
            #expect(close(Array(values[place..<place + 3]), means), "\(kind)")
        }
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
