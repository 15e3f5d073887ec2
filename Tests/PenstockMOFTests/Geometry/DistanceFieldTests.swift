import Testing

@testable import PenstockMOF

@Suite struct DistanceFieldTests {
    /// The definition: all images that can matter, in a plain loop.
    private func distance(_ point: SIMD3<Double>, _ crystal: Crystal, images: Int) -> Double {
        var nearest = Double.infinity
        for x in -images...images {
            for y in -images...images {
                for z in -images...images {
                    let shift = SIMD3(Double(x), Double(y), Double(z))
                    for atom in crystal.atoms {
                        let centre = crystal.cell.cartesian(atom.position + shift)
                        nearest = min(nearest, length(point - centre) - atom.element.poreRadius)
                    }
                }
            }
        }
        return nearest
    }

    @Test(
        "the distance is that of the definition, at any place, for cells of any shape",
        arguments: [1, 2, 3] as [UInt64])
    func definition(seed: UInt64) throws {
        let crystal = GeometryCrystals.random(seed, count: 9, volumePerAtom: 60)
        let field = try #require(DistanceField(crystal))
        var random = Xorshift(state: seed)
        for _ in 0..<60 {
            let place = SIMD3(random.uniform(), random.uniform(), random.uniform())
            let expected = distance(crystal.cell.cartesian(place), crystal, images: 3)
            let far = place + SIMD3(5, -7, 2)
            #expect(abs(field.distance(at: crystal.cell.cartesian(far)) - expected) < 1e-9)
        }
    }

    @Test("a cell smaller than an atom, and one like a needle, are cells like others")
    func oddCells() throws {
        let tiny = GeometryCrystals.cubic(1.5)
        let field = try #require(DistanceField(tiny))
        #expect(abs(field.distance(at: SIMD3(0.75, 0.75, 0.75)) - (0.75 * 3.0.squareRoot() - 1.7)) < 1e-12)
        let cubic = GeometryCrystals.cubic(9)
        let needle = GeometryCrystals.sheared(cubic, 13, -8, 21)
        let (one, other) = (try #require(DistanceField(cubic)), try #require(DistanceField(needle)))
        for place in [SIMD3(4.5, 4.5, 4.5), SIMD3(1, 2, 3), SIMD3(-100, 8.9, 0.3)] {
            #expect(abs(one.distance(at: place) - other.distance(at: place)) < 1e-9)
        }
    }

    @Test("the grid has the values of the field")
    func grid() throws {
        let field = try #require(DistanceField(GeometryCrystals.random(7, count: 12, volumePerAtom: 90), spacing: 0.4))
        let grid = DistanceGrid(field)
        for index in stride(from: 0, to: grid.count, by: 37) {
            #expect(abs(Double(grid.values[index]) - field.distance(at: grid.point(index))) < 2e-6)
        }
    }

    @Test("the reduced cell has the same lattice and short edges")
    func reduced() throws {
        let cubic = GeometryCrystals.cubic(9)
        let cell = GeometryCrystals.sheared(cubic, 13, -8, 21).cell.reduced()
        #expect(abs(cell.volume - 729) < 1e-6)
        #expect(length(cell.lengths - SIMD3(repeating: 9)) < 1e-9)
        for edge in [cell.a, cell.b, cell.c] {
            let whole = cubic.cell.fractional(edge)
            #expect(length(whole - whole.rounded(.toNearestOrEven)) < 1e-9)
        }
    }

    @Test("no atoms have no field")
    func empty() {
        #expect(DistanceField(GeometryCrystals.cubic(9, at: [])) == nil)
        #expect(PoreGeometry(of: GeometryCrystals.cubic(9, at: [])) == nil)
    }
}
