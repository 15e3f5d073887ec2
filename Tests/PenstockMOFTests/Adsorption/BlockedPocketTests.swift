import Foundation
import Testing

@testable import PenstockMOF

/// A cage of carbon in a wide cubic cell: a pocket in its middle, and a channel of three dimensions around it.
@Suite("Pockets that are closed to the gas") struct BlockedPocketTests {
    private static let edge = 26.0
    private static let cageRadius = 5.0

    private static let cage = Crystal(
        name: "cage",
        cell: UnitCell(a: SIMD3(edge, 0, 0), b: SIMD3(0, edge, 0), c: SIMD3(0, 0, edge))!,
        atoms: FibonacciSphere.points(60).map {
            Atom(element: .carbon, label: "C", position: 0.5 + cageRadius / edge * $0)
        })

    private static let file = StructureFile(
        name: "cage", format: .cif, bytes: Array(cage.cif.text.utf8))

    /// The mean weights of methane in and around the cage, by a plain sum over a fine grid, apart from the module's energies.
    private static let expected: (inside: Double, outside: Double) = {
        let places = cage.atoms.map { cage.cell.cartesian($0.position) }
        let (epsilon, sigma) = ((148.0 * 52.83).squareRoot(), (3.73 + 3.43) / 2)
        func weight(_ place: SIMD3<Double>) -> Double {
            var energy = 0.0
            for atom in places {
                var apart = (atom - place) / edge
                apart = (apart - apart.rounded(.toNearestOrEven)) * edge
                let square = (apart * apart).sum()
                if square >= 12.8 * 12.8 { continue }
                let sixth = sigma * sigma / square * (sigma * sigma / square) * (sigma * sigma / square)
                energy += 4 * epsilon * sixth * (sixth - 1)
            }
            return exp(-energy / 298)
        }
        func mean(of count: Int, side: Double, from origin: Double, _ isWanted: (Double) -> Bool) -> Double {
            var sum = 0.0
            let step = side / Double(count)
            for x in 0..<count {
                for y in 0..<count {
                    for z in 0..<count {
                        let place = origin + step * (SIMD3(Double(x), Double(y), Double(z)) + 0.5)
                        let fromMiddle = place - edge / 2
                        if isWanted((fromMiddle * fromMiddle).sum().squareRoot()) { sum += weight(place) }
                    }
                }
            }
            return sum * step * step * step / (edge * edge * edge)
        }
        return (
            mean(of: 24, side: 8, from: 9) { $0 < cageRadius }, mean(of: 44, side: edge, from: 0) { $0 > cageRadius }
        )
    }()

    @Test("the inside of the cage is blocked, the outside is not")
    func regions() throws {
        let blocked = try #require(BlockedRegions(pocketsOf: Self.cage, diameter: 3.3))
        #expect(blocked.contains(SIMD3(repeating: 0.5)))
        #expect(blocked.contains(SIMD3(0.5 + 1.5 / Self.edge, 0.5, 0.5)))
        #expect(!blocked.contains(.zero) && !blocked.contains(SIMD3(0.5 + 8 / Self.edge, 0.5, 0.5)))
        // Within the sphere on which the atoms lie, and not far below it.
        let sphere = 4 / 3 * Double.pi * pow(Self.cageRadius, 3) / pow(Self.edge, 3)
        #expect((0.3...1.05).contains(blocked.share / sphere))
        let open = Crystal(
            name: "open", cell: Self.cage.cell, atoms: [Atom(element: .carbon, label: "C", position: .zero)])
        #expect(BlockedRegions(pocketsOf: open, diameter: 3.3) == nil)
    }

    @Test("with pockets blocked the Henry coefficient is that of the accessible part, and void fractions stay")
    func henry() throws {
        var conditions = AdsorptionConditions(guest: .methane)
        func screened() throws -> ScreeningResult {
            var result = ScreeningResult(name: "cage")
            try WidomTier(conditions, insertions: 40_000).screen(Self.file, &result)
            return result
        }
        let open = try screened()
        conditions.blockingDiameter = GuestMolecule.methane.kineticDiameter
        let closed = try screened()
        let density = 60 * Element.carbon.mass / 1000 / 6.02214076e23 / (pow(Self.edge, 3) * 1e-30)
        let factor = 8.314462618 * 298 * density
        for (result, weight) in [
            (open, Self.expected.inside + Self.expected.outside), (closed, Self.expected.outside),
        ] {
            let henry = try #require(result.henryCoefficient) * factor
            let error = try #require(result.henryError) * factor
            #expect(abs(henry - weight) < 4 * error + 0.02 * weight, "\(henry) ± \(error), not \(weight)")
        }
        #expect(Self.expected.inside > 0.1 * Self.expected.outside, "the pocket counts")
        #expect(open.heliumVoidFraction == closed.heliumVoidFraction)
        #expect(closed.remarks.contains { $0.code == "pocketsBlocked" })
        #expect(!open.remarks.contains { $0.code == "pocketsBlocked" })
    }

    @Test("loadings at low pressure are those of the Henry coefficient of the accessible part")
    func loading() throws {
        var loadings: [Double] = []
        for diameter in [nil, 3.8] {
            let conditions = AdsorptionConditions(guest: .methane, blockingDiameter: diameter)
            var result = ScreeningResult(name: "cage")
            let pressure = try #require(Pressure(pascal: 100_000))
            try UptakeTier(conditions, pressures: [pressure], cycles: 2000).screen(Self.file, &result)
            loadings.append(try #require(result.uptakes.first).loading)
        }
        let mass = 60 * Element.carbon.mass / 1000
        // Of an ideal gas there would be so many in the cell. Around the cage the gas hardly feels itself at 1 bar; in it there is room for one:
        // Langmuir's x / (1 + x).
        let ideal = 100_000 * pow(Self.edge, 3) * 1e-30 / (1.380649e-23 * 298)
        let inside = ideal * Self.expected.inside
        #expect(abs(loadings[1] * mass / (ideal * Self.expected.outside) - 1) < 0.1)
        #expect(abs((loadings[0] - loadings[1]) * mass - inside / (1 + inside)) < 0.1)
    }

    @Test("closing pockets changes what results depend on, leaving them open does not")
    func identity() {
        let open = AdsorptionConditions(guest: .methane)
        let closed = AdsorptionConditions(guest: .methane, blockingDiameter: 3.8)
        #expect(open.identity != closed.identity && !open.identity.contains("blocking"))
        for guest in GuestMolecule.bundled { #expect(guest.kineticDiameter != nil) }
    }
}
