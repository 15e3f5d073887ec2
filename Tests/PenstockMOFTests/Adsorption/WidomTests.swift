import Foundation
import Testing

@testable import PenstockMOF

@Suite struct WidomTests {
    private func host(_ crystal: Crystal, _ guest: GuestMolecule, charges: Bool = false) throws -> HostPotential {
        try HostPotential(
            crystal: crystal, forceField: .uff, guests: [guest], interactions: Interactions(usesCharges: charges))
    }

    @Test("in an empty box every weight is one and K_H is 1 / (R T ρ)")
    func emptyBox() throws {
        let crystal = TestCrystals.box(30, empty: true)
        let result = WidomInsertion(insertions: 1000, guideSpacing: 2).run(
            try host(crystal, .carbonDioxide), cellMass: 5000, key: "empty")
        #expect(abs(result.meanWeight.value - 1) < 1e-12)
        // 5000 g/mol in (30 Å)^3: 307.51 kg/m^3.
        let density = 5.0 / 6.02214076e23 / 27e-27
        #expect(abs(result.henryCoefficient.value * 8.314462618 * 298 * density - 1) < 1e-9)
        // No energy at all: the heat is R T.
        #expect(abs(try #require(result.heatOfAdsorption).value - 8.314462618e-3 * 298) < 1e-9)
        #expect(abs(result.effectiveInsertions - 1000) < 1e-6 && result.isConverged)
    }

    /// The mean weight and the heat in kJ/mol of a point in a box with one atom, by Simpson's rule along the radius.
    private func quadrature(epsilon: Double, sigma: Double, box: Double) -> (weight: Double, heat: Double) {
        let steps = 20_000
        var (sum, energies) = (0.0, 0.0)
        for step in 1...steps {
            let r = 12.8 * Double(step) / Double(steps)
            let sixth = pow(sigma / r, 6)
            let energy = 4 * epsilon * (sixth * sixth - sixth)
            let factor = exp(-energy / 298)
            let weight = (step == steps ? 1.0 : (step % 2 == 1 ? 4 : 2)) * 4 * .pi * r * r
            sum += weight * factor
            energies += weight * (factor == 0 ? 0 : energy * factor)
        }
        let scale = 12.8 / Double(steps) / 3
        let outside = box * box * box - 4 / 3 * .pi * 12.8 * 12.8 * 12.8
        let total = sum * scale + outside
        return (total / (box * box * box), (298 - energies * scale / total) * 8.314462618e-3)
    }

    @Test("one atom in a box: the weight and the heat are the radial integrals, guided or not", arguments: [nil, 1.3])
    func oneAtom(_ spacing: Double?) throws {
        for (guest, epsilon, sigma) in [(GuestMolecule.methane, 148.0, 3.73), (.helium, 10.9, 2.64)] {
            let run = WidomInsertion(insertions: 10_000, guideSpacing: spacing)
            let result = run.run(try host(TestCrystals.box(26), guest), cellMass: 12, key: "one")
            let exact = quadrature(epsilon: (52.83 * epsilon).squareRoot(), sigma: (3.43 + sigma) / 2, box: 26)
            // Four standard errors, with seeds that are fixed.
            #expect(abs(result.meanWeight.value - exact.weight) < 4 * result.meanWeight.standardError)
            #expect(result.meanWeight.standardError < 0.01)
            let heat = try #require(result.heatOfAdsorption)
            #expect(abs(heat.value - exact.heat) < 4 * heat.standardError + 1e-3)
        }
    }

    @Test("K_H does not depend on the choice of cell, and the guide does not move it")
    func invariance() throws {
        let crystal = TestCrystals.crystal(
            UnitCell(lengths: SIMD3(11, 12, 13), alphaDegrees: 80, betaDegrees: 95, gammaDegrees: 100)!,
            [("Zn", SIMD3(0.1, 0.1, 0.1), 0.8), ("O", SIMD3(0.25, 0.15, 0.1), -0.5), ("C", SIMD3(0.5, 0.4, 0.6), -0.3)])
        let large = crystal.repeated(SIMD3(2, 1, 1))
        let guided = WidomInsertion(insertions: 3000, guideSpacing: 1)
        let plain = WidomInsertion(insertions: 12_000, guideSpacing: nil)
        let results = [
            guided.run(try host(crystal, .carbonDioxide, charges: true), cellMass: 100, key: "a"),
            guided.run(try host(large, .carbonDioxide, charges: true), cellMass: 200, key: "b"),
            plain.run(try host(crystal, .carbonDioxide, charges: true), cellMass: 100, key: "c"),
        ]
        for result in results[1...] {
            let (one, other) = (results[0].henryCoefficient, result.henryCoefficient)
            let error = (one.standardError * one.standardError + other.standardError * other.standardError).squareRoot()
            #expect(abs(one.value - other.value) < 4 * error && error < 0.1 * one.value)
        }
    }

    @Test("results come from the seed and the structure's key alone")
    func reproducible() throws {
        let host = try host(TestCrystals.skewed, .carbonDioxide, charges: true)
        let run = WidomInsertion(insertions: 200, guideSpacing: 1)
        let first = run.run(host, cellMass: 100, key: "one")
        #expect(run.run(host, cellMass: 100, key: "one") == first)
        #expect(run.run(host, cellMass: 100, key: "two") != first)
    }

    @Test("a crystal without room has a Henry coefficient of zero, no heat and a flag")
    func noRoom() throws {
        let cell = try #require(UnitCell(a: SIMD3(2, 0, 0), b: SIMD3(0, 2, 0), c: SIMD3(0, 0, 2)))
        let crystal = TestCrystals.crystal(cell, [("C", .zero, 0)])
        let result = WidomInsertion(insertions: 200).run(try host(crystal, .methane), cellMass: 12, key: "full")
        #expect(result.henryCoefficient.value == 0 && result.heatOfAdsorption == nil)
        #expect(result.flags == [.noAccessibleVolume])
    }

    @Test("a guest that falls into a bare charge is flagged, and the wall takes that weight away")
    func coulombCollapse() throws {
        // 6 e on copper, whose ε is small: by hand, charge and repulsion are in balance at 0.63 σ.
        let crystal = TestCrystals.crystal(
            UnitCell(a: SIMD3(9, 0, 0), b: SIMD3(0, 9, 0), c: SIMD3(0, 0, 9))!,
            [("Cu", SIMD3(0.5, 0.5, 0.5), 6), ("C", SIMD3(0, 0, 0), -6)])
        let host = try host(crystal, .carbonDioxide, charges: true)
        let open = WidomInsertion(insertions: 2000, guideSpacing: 0.7, innerWall: 0.75).run(
            host, cellMass: 100, key: "x")
        #expect(open.flags.contains(.coulombCollapse) && open.insideWallShare > 0.5 && !open.isConverged)
        let walled = WidomInsertion(insertions: 2000, guideSpacing: 0.7, innerWall: 0.75, removesInsideWall: true).run(
            host, cellMass: 100, key: "x")
        #expect(walled.henryCoefficient.value < open.henryCoefficient.value && walled.insideWallShare > 0.5)
    }

    @Test("few insertions into a dense crystal are flagged as too few")
    func tooFew() throws {
        let result = WidomInsertion(insertions: 50, guideSpacing: nil).run(
            try host(TestCrystals.box(8), .carbonDioxide), cellMass: 12, key: "few")
        #expect(result.flags.contains(.fewEffectiveInsertions))
    }

    @Test("nothing is inserted into blocked regions")
    func blocked() throws {
        let half = BlockedRegions(counts: SIMD3(2, 1, 1), isBlocked: [true, false])
        let result = WidomInsertion(insertions: 5000, guideSpacing: nil, blocked: half).run(
            try host(TestCrystals.box(30, empty: true), .helium), cellMass: 12, key: "half")
        #expect(abs(result.meanWeight.value - 0.5) < 0.02)
    }
}
