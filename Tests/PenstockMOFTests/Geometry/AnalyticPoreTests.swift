import PenstockMOF
import Testing

/// Lattices of equal spheres, whose cavities and windows are textbook geometry: the circumradii of tetrahedra and triangles of neighbours.
@Suite struct AnalyticPoreTests {
    private let radius = Element.carbon.poreRadius

    private func expect(
        _ crystal: Crystal, cavity: Double, window: Double, sourceLocation: SourceLocation = #_sourceLocation
    ) throws {
        let geometry = try #require(PoreGeometry(coarse: crystal, probeRadius: 1))
        #expect(abs(geometry.largestCavityDiameter - cavity) < 1e-6, sourceLocation: sourceLocation)
        #expect(abs(geometry.poreLimitingDiameter - window) < 1e-3, sourceLocation: sourceLocation)
        #expect(abs(geometry.largestFreePathDiameter - cavity) < 1e-6, sourceLocation: sourceLocation)
        #expect(geometry.channels.map(\.dimensionality) == [3], sourceLocation: sourceLocation)
        #expect(geometry.pockets.isEmpty, sourceLocation: sourceLocation)
    }

    @Test("simple cubic: the body centre, and the face centre between four atoms, in any cell of the lattice")
    func simpleCubic() throws {
        let (a, cubic) = (9.0, GeometryCrystals.cubic(9))
        let (cavity, window) = (3.0.squareRoot() * a - 2 * radius, 2.0.squareRoot() * a - 2 * radius)
        try expect(cubic, cavity: cavity, window: window)
        try expect(GeometryCrystals.sheared(cubic, 1, 0, 0), cavity: cavity, window: window)
        try expect(GeometryCrystals.sheared(cubic, -3, 2, 5), cavity: cavity, window: window)
        try expect(cubic.repeated(SIMD3(2, 1, 3)), cavity: cavity, window: window)
        try expect(GeometryCrystals.cubic(9, at: [SIMD3(0.137, 0.52, 0.911)]), cavity: cavity, window: window)
    }

    @Test("body-centred cubic: the tetrahedral hole, and the triangle of edges a, a sqrt(3)/2, a sqrt(3)/2")
    func bodyCentred() throws {
        let a = 10.0
        let crystal = GeometryCrystals.cubic(a, at: GeometryCrystals.bodyCentred)
        let cavity = 5.0.squareRoot() / 2 * a - 2 * radius
        // Circumradius = product of the edges / (4 area), with the area a/2 sqrt(3/4 - 1/4) a.
        let window = 2 * (a * 0.75 * a * a) / (4 * 0.5 * a * 0.5.squareRoot() * a) - 2 * radius
        try expect(crystal, cavity: cavity, window: window)
        try expect(GeometryCrystals.sheared(crystal, 1, -1, 1), cavity: cavity, window: window)
    }

    @Test("face-centred cubic: the octahedral hole, and the triangle of neighbours")
    func faceCentred() throws {
        let a = 12.0
        let crystal = GeometryCrystals.cubic(a, at: GeometryCrystals.faceCentred)
        let (cavity, window) = (a - 2 * radius, 2 * a / 6.0.squareRoot() - 2 * radius)
        try expect(crystal, cavity: cavity, window: window)
        try expect(crystal.repeated(SIMD3(1, 2, 1)), cavity: cavity, window: window)
    }

    @Test("unlike spheres: the window between three of two kinds is where all three touch")
    func unlike() throws {
        // Zirconium (2 Å) at the corners and carbon (1.7 Å) at the centre of a cube of 11 Å. The window is in the plane x = y of two corners
        // (0,0,0), (0,0,a) and the centre: at height a/2 and s from the edge, with sqrt(s^2 + a^2/4) - 2 = a/sqrt(2) - s - 1.7.
        let a = 11.0
        var crystal = GeometryCrystals.cubic(a, at: GeometryCrystals.bodyCentred)
        crystal.atoms[0].element = try #require(Element(symbol: "Zr"))
        // Let t = a/sqrt(2) + 0.3: s^2 + a^2/4 = (t - s)^2.
        let t = a / 2.0.squareRoot() + 0.3
        let s = (t * t - a * a / 4) / (2 * t)
        let geometry = try #require(PoreGeometry(coarse: crystal))
        #expect(abs(geometry.poreLimitingDiameter - 2 * (a / 2.0.squareRoot() - s - 1.7)) < 1e-3)
        // The cavity between two corners and two centres, at (a/2, u, 0) from the corner (0,0,0) for a centre at (a/2, a/2, +-a/2).
        let v = a / 2
        // sqrt(v^2 + u^2) - 2 = sqrt((v - u)^2 + v^2) - 1.7, by halving.
        var (low, high) = (0.0, v)
        for _ in 0..<80 {
            let u = (low + high) / 2
            let corner = (v * v + u * u).squareRoot() - 2
            let centre = ((v - u) * (v - u) + v * v).squareRoot() - 1.7
            if corner < centre { low = u } else { high = u }
        }
        #expect(abs(geometry.largestCavityDiameter - 2 * ((v * v + low * low).squareRoot() - 2)) < 1e-6)
    }

    @Test("pores are channels in one, two or three directions, or pockets")
    func dimensions() throws {
        let cell = UnitCell(a: SIMD3(12, 0, 0), b: SIMD3(0, 12, 0), c: SIMD3(0, 0, 12))!
        func crystal(_ isWall: (SIMD3<Int>) -> Bool) -> Crystal {
            var atoms: [Atom] = []
            for x in 0..<6 {
                for y in 0..<6 {
                    for z in 0..<6 where isWall(SIMD3(x, y, z)) {
                        let place = SIMD3(Double(x), Double(y), Double(z)) / 6
                        atoms.append(Atom(element: .carbon, label: "C", position: place))
                    }
                }
            }
            return Crystal(name: "walls", cell: cell, atoms: atoms)
        }
        let layers = try #require(PoreGeometry(coarse: crystal { $0.x == 0 }))
        #expect(layers.channels.map(\.dimensionality) == [2] && layers.pockets.isEmpty)
        let tubes = try #require(PoreGeometry(coarse: crystal { $0.x == 0 || $0.y == 0 }))
        #expect(tubes.channels.map(\.dimensionality) == [1] && tubes.pockets.isEmpty)
        let cage = try #require(PoreGeometry(coarse: crystal { $0.x == 0 || $0.y == 0 || $0.z == 0 }))
        #expect(cage.channels.isEmpty && cage.pockets.count == 1)
        #expect(cage.poreLimitingDiameter == 0 && cage.largestFreePathDiameter == 0)
        #expect(cage.surface.accessible == 0 && cage.surface.nonAccessible > 100)
        #expect(cage.accessibleVoidFraction == 0 && cage.nonAccessibleVoidFraction > 0.05)
    }

    @Test("one sphere alone has its whole surface and volume, and touches nothing")
    func isolated() throws {
        let geometry = try #require(
            PoreGeometry(coarse: GeometryCrystals.cubic(20), probeRadius: 1.86, pointsPerAtom: 2000))
        let expected = 4 * Double.pi * (radius + 1.86) * (radius + 1.86)
        #expect(abs(geometry.surface.accessible - expected) < 1e-9 && geometry.surface.nonAccessible == 0)
        func free(_ radius: Double) -> Double { 1 - 4 / 3 * Double.pi * radius * radius * radius / 8_000 }
        #expect(abs(geometry.pointProbeVoidFraction - free(radius)) < 2e-4)
        #expect(abs(geometry.voidFraction - free(radius + 1.86)) < 2e-4)
        #expect(geometry.voidFraction == geometry.accessibleVoidFraction)
    }

    @Test("two spheres that overlap have the surface of two caps")
    func twoSpheres() throws {
        let crystal = GeometryCrystals.cubic(15, at: [SIMD3(0.4, 0.5, 0.5), SIMD3(0.6, 0.5, 0.5)])
        let geometry = try #require(PoreGeometry(coarse: crystal, pointsPerAtom: 20_000))
        let large = radius + 1.86
        // Each loses a cap of height R - 1.5.
        let expected = 2 * (4 * Double.pi * large * large - 2 * Double.pi * large * (large - 1.5))
        #expect(abs(geometry.surface.total / expected - 1) < 1e-3)
    }

    @Test("a crystal without pores has zeros, and nothing is NaN")
    func dense() throws {
        for edge in [1.2, 2.0, 2.4] {
            let geometry = try #require(
                PoreGeometry(coarse: GeometryCrystals.cubic(edge, at: GeometryCrystals.faceCentred)))
            #expect(geometry.largestCavityDiameter == 0 && geometry.poreLimitingDiameter == 0)
            #expect(geometry.largestFreePathDiameter == 0 && geometry.surfaceSquareMetresPerGram == 0)
            #expect(geometry.voidFraction == 0 && geometry.pointProbeVoidFraction == 0)
            #expect(geometry.channels.isEmpty && geometry.pockets.isEmpty)
        }
    }
}
