import Testing

@testable import PenstockMOF

/// What must not change with the description of a crystal, and what must always hold.
@Suite struct PoreInvarianceTests {
    private static let seeds: [UInt64] = [11, 12, 13]

    private func crystal(_ seed: UInt64) -> Crystal { GeometryCrystals.random(seed, count: 12, volumePerAtom: 110) }

    @Test("diameters and fractions are in order, and parts add up", arguments: seeds)
    func order(seed: UInt64) throws {
        let geometry = try #require(PoreGeometry(coarse: crystal(seed), probeRadius: 1.2))
        #expect(geometry.poreLimitingDiameter <= geometry.largestFreePathDiameter)
        #expect(geometry.largestFreePathDiameter <= geometry.largestCavityDiameter)
        #expect(geometry.voidFraction <= geometry.pointProbeVoidFraction && geometry.voidFraction > 0)
        #expect(geometry.surface.accessible + geometry.surface.nonAccessible == geometry.surface.total)
        #expect(geometry.channels.isEmpty == (geometry.poreLimitingDiameter < 2.4))
        #expect(geometry.channels.isEmpty == (geometry.surface.accessible == 0))
    }

    @Test("replication, another cell and the order of the atoms change nothing", arguments: seeds)
    func description(seed: UInt64) throws {
        let crystal = crystal(seed)
        let expected = try #require(PoreGeometry(coarse: crystal, probeRadius: 1.2))
        var turned = crystal
        turned.atoms.reverse()
        let others = [
            turned, crystal.repeated(SIMD3(2, 1, 1)), GeometryCrystals.sheared(crystal, 1, -2, 1),
        ]
        for (index, other) in others.enumerated() {
            let geometry = try #require(PoreGeometry(coarse: other, probeRadius: 1.2))
            #expect(abs(geometry.largestCavityDiameter - expected.largestCavityDiameter) < 1e-6, "\(index)")
            #expect(abs(geometry.poreLimitingDiameter - expected.poreLimitingDiameter) < 0.02, "\(index)")
            #expect(abs(geometry.largestFreePathDiameter - expected.largestFreePathDiameter) < 1e-6, "\(index)")
            #expect(abs(geometry.voidFraction - expected.voidFraction) < 0.002, "\(index)")
            #expect(abs(geometry.accessibleVoidFraction - expected.accessibleVoidFraction) < 0.003, "\(index)")
            #expect(abs(geometry.pointProbeVoidFraction - expected.pointProbeVoidFraction) < 0.002, "\(index)")
            let surface = expected.surfaceSquareMetresPerGram
            #expect(abs(geometry.surfaceSquareMetresPerGram / surface - 1) < 0.02, "\(index)")
        }
    }

    @Test("the same crystal and seed give the same values, another seed others of the surface only")
    func repeatable() throws {
        let crystal = crystal(3)
        let first = try #require(PoreGeometry(coarse: crystal, seed: 5))
        #expect(try #require(PoreGeometry(coarse: crystal, seed: 5)) == first)
        let other = try #require(PoreGeometry(coarse: crystal, seed: 6))
        #expect(other.poreLimitingDiameter == first.poreLimitingDiameter && other.surface != first.surface)
        #expect(abs(other.surface.total / first.surface.total - 1) < 0.02)
    }

    @Test("points of a pocket are blocked, points of a channel are not")
    func blocking() throws {
        // A closed cage of 11 Å, and the space between cages.
        let cage = GeometryCrystals.cubic(25)
        var atoms: [Atom] = []
        for x in 0...6 {
            for y in 0...6 {
                for z in 0...6 where [x, y, z].contains(0) || [x, y, z].contains(6) {
                    let place = (SIMD3(Double(x), Double(y), Double(z)) * (11.0 / 6) + SIMD3(repeating: 7)) / 25
                    atoms.append(Atom(element: .carbon, label: "C", position: place))
                }
            }
        }
        let crystal = Crystal(name: "cage", cell: cage.cell, atoms: atoms)
        let map = try #require(PoreMap(of: crystal, probeRadius: 1.86, spacing: 0.5))
        #expect(map.region(at: SIMD3(repeating: 12.5)) == .pocket(0))
        #expect(map.region(at: SIMD3(1, 1, 1)) == .channel(0))
        #expect(map.region(at: SIMD3(7, 12.5, 12.5)) == .solid)
        #expect(map.isBlocked(at: SIMD3(repeating: 12.5)) && map.isBlocked(at: SIMD3(37.5, -12.5, 12.5)))
        // Closer to the wall than the probe, inside and outside.
        #expect(map.isBlocked(at: SIMD3(10.2, 12.5, 12.5)) && !map.isBlocked(at: SIMD3(3.8, 12.5, 12.5)))
    }
}
