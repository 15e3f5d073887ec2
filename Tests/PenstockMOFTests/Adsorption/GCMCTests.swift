import Foundation
import Testing

@testable import PenstockMOF

@Suite struct GCMCTests {
    private func host(
        _ crystal: Crystal, _ guests: [GuestMolecule], _ interactions: Interactions = Interactions()
    ) throws -> HostPotential {
        try HostPotential(crystal: crystal, forceField: .uff, guests: guests, interactions: interactions)
    }

    /// f V / kT.
    private func ideal(_ fugacity: Double, _ volume: Double) -> Double {
        fugacity * volume * 1e-30 / (1.380649e-23 * 298)
    }

    @Test("an ideal gas in an empty box has f V / kT molecules, of each component")
    func idealGas() throws {
        let nothing = GuestMolecule(
            name: "ideal", sites: [.init(name: "x", position: .zero, lennardJones: .init(epsilonKelvin: 0, sigma: 0))],
            massGramsPerMole: 1, criticalPoint: GuestMolecule.helium.criticalPoint)
        let host = try host(TestCrystals.box(26, empty: true), [nothing, nothing])
        let run = GCMC(fugacitiesPascal: [1e6, 3e6], initialCycles: 100, cycles: 2000, guideSpacing: nil)
        let result = run.run(.direct(host), cellMass: 1000, key: "ideal")
        for (component, fugacity) in run.fugacitiesPascal.enumerated() {
            let average = result.moleculesPerCell[component]
            #expect(abs(average.value - ideal(fugacity, 17576)) < 4 * average.standardError + 0.02)
            #expect(abs(result.loading[component].value - average.value) < 1e-12)
        }
        #expect(result.energyDrift == 0 && result.energyPerCell.value == 0)
    }

    @Test("at low pressure the loading is the Henry coefficient times the fugacity", arguments: [true, false])
    func henryLaw(_ charges: Bool) throws {
        let crystal = TestCrystals.crystal(
            UnitCell(lengths: SIMD3(12, 13, 14), alphaDegrees: 80, betaDegrees: 95, gammaDegrees: 100)!,
            [("Zn", SIMD3(0.1, 0.1, 0.1), 0.5), ("O", SIMD3(0.25, 0.15, 0.1), -0.3), ("C", SIMD3(0.5, 0.4, 0.6), -0.2)])
        let host = try host(crystal, [.carbonDioxide], Interactions(usesCharges: charges))
        let henry = WidomInsertion(insertions: 3000, guideSpacing: 1).run(host, cellMass: 1000, key: "henry")
            .henryCoefficient
        let fugacity = 0.01 / henry.value
        // A grid with charges takes long without optimisation, and its energies have a test of their own.
        let gridded = charges ? [] : [HostEnergy.grid(EnergyGrid(host, spacing: 0.5))]
        for energies in [.direct(host)] + gridded {
            let run = GCMC(fugacitiesPascal: [fugacity], initialCycles: 50, cycles: 500, guideSpacing: 1)
            let result = run.run(energies, cellMass: 1000, key: "henry")
            // Guests hardly meet at 0.08 to a box, so the law holds within a few per cent.
            let loading = result.loading[0]
            #expect(abs(loading.value - 0.01) < 4 * loading.standardError + 0.0005)
            #expect(loading.relativeError < 0.25 && result.energyDrift < 1e-9)
        }
    }

    @Test("where molecules crowd, the choice among guided places changes no loading")
    func guidedPlaces() throws {
        let crystal = TestCrystals.crystal(
            UnitCell(lengths: SIMD3(12, 13, 14), alphaDegrees: 80, betaDegrees: 95, gammaDegrees: 100)!,
            [("Zn", SIMD3(0.1, 0.1, 0.1), 0), ("O", SIMD3(0.25, 0.15, 0.1), 0), ("C", SIMD3(0.5, 0.4, 0.6), 0)])
        let host = try host(crystal, [.carbonDioxide], Interactions(cutoff: 5.5))
        let loadings = [nil, 1.0].map { spacing in
            GCMC(fugacitiesPascal: [2e7], initialCycles: 100, cycles: 800, guideSpacing: spacing)
                .run(.direct(host), cellMass: 1000, key: "crowd")
        }
        let (uniform, guided) = (loadings[0].moleculesPerCell[0], loadings[1].moleculesPerCell[0])
        // An ideal gas of this fugacity has 10 molecules.
        let error = hypot(uniform.standardError, guided.standardError)
        #expect(uniform.value > 4 && error < 0.08 * uniform.value)
        #expect(abs(uniform.value - guided.value) < 4 * error)
        let acceptance = loadings.compactMap { $0.acceptance[.insertion]?.rate }
        try #require(acceptance.count == 2)
        #expect(acceptance[1] > acceptance[0] * 1.5, "\(loadings)")
    }

    @Test("a dense gas of methane has the density of its virial expansion")
    func virial() throws {
        // B2 and B3 of TraPPE methane (truncated at 12.8 Å) matter little at 30 bar but for B2: ρ = z - 2 B2 z^2 + …, with z = f / kT,
        // and B2 = -2π ∫ (exp(-U/kT) - 1) r^2 dr by Simpson's rule.
        var sum = 0.0
        let steps = 20_000
        for step in 1...steps {
            let r = 12.8 * Double(step) / Double(steps)
            let energy = LennardJones(epsilonKelvin: 148, sigma: 3.73).energy(atDistance: r)
            sum += (step == steps ? 1.0 : (step % 2 == 1 ? 4 : 2)) * (exp(-energy / 298) - 1) * r * r
        }
        let second = -2 * Double.pi * sum * 12.8 / Double(steps) / 3
        let volume = 17576.0
        let number = ideal(1e6, volume)
        let expected = number - 2 * second * number * number / volume
        let host = try host(TestCrystals.box(26, empty: true), [.methane])
        let run = GCMC(fugacitiesPascal: [1e6], initialCycles: 100, cycles: 4000, guideSpacing: nil)
        let average = run.run(.direct(host), cellMass: 1000, key: "virial").moleculesPerCell[0]
        // The third coefficient adds less than 0.2 % here.
        #expect(abs(average.value - expected) < 4 * average.standardError + 0.002 * expected)
        #expect(average.value > number * 1.005)
    }

    @Test("the running energy stays that of all guests afresh, with charges, tails and mixtures")
    func drift() throws {
        for truncation in [Interactions.Truncation.truncated, .shifted, .tailCorrected] {
            let host = try host(
                TestCrystals.box(14), [.carbonDioxide, .nitrogen, .water],
                Interactions(truncation: truncation, usesCharges: true))
            let run = GCMC(fugacitiesPascal: [2e6, 5e6, 1e3], initialCycles: 2, cycles: 10, guideSpacing: nil)
            let result = run.run(.direct(host), cellMass: 1000, key: "drift")
            #expect(result.cellCount == 8 && result.loading[0].value > 0 && result.loading[1].value > 0)
            #expect(result.energyDrift < 1e-8)
        }
    }

    @Test("molecules far apart in a wide skewed box have the energy of all their images within the cutoff")
    func farPairs() throws {
        let cell = try #require(
            UnitCell(lengths: SIMD3(40, 46, 52), alphaDegrees: 75, betaDegrees: 110, gammaDegrees: 65))
        let crystal = TestCrystals.crystal(cell, [("C", SIMD3(0.5, 0.5, 0.5), 0)])
        var system = GuestSystem(.direct(try host(crystal, [.carbonDioxide], Interactions())))
        var random = MonteCarloRandom(seed: 2, structure: "pairs", purpose: .gcmc)
        let first = system.molecule(0, at: SIMD3(1, 2, 3), .uniform(&random))
        system.accept(removing: nil, adding: first, energyChange: 0)
        let sites = GuestMolecule.carbonDioxide.sites
        var within = 0
        for _ in 0..<400 {
            // From where all sites are within the cutoff to where none is.
            let away = (10 + 6 * random.uniform()) * random.direction()
            let second = system.molecule(0, at: first.centre + away, .uniform(&random))
            var expected = 0.0
            for (site, place) in zip(sites, second.places) {
                for (other, otherPlace) in zip(sites, first.places) {
                    for image in 0..<125 {
                        let shift = SIMD3(Double(image / 25 - 2), Double(image / 5 % 5 - 2), Double(image % 5 - 2))
                        let distance = length(place - otherPlace + cell.cartesian(shift))
                        guard distance < 12.8 else { continue }
                        within += 1
                        expected += site.lennardJones.mixed(with: other.lennardJones).energy(atDistance: distance)
                    }
                }
            }
            #expect(abs(second.pairEnergy - expected) < 1e-12)
        }
        #expect(within > 1000 && within < 3000)
    }

    @Test("guests with charges have the Ewald energy of the crystal that they make")
    func guestGuestEwald() throws {
        // Two waters in an empty box: the energy of all six charges as a crystal, less what is inside the molecules.
        let crystal = TestCrystals.box(26, empty: true)
        let host = try host(crystal, [.water], Interactions(usesCharges: true))
        var system = GuestSystem(.direct(host))
        var random = MonteCarloRandom(seed: 1, structure: "waters", purpose: .gcmc)
        var sites: [SIMD3<Double>] = []
        for centre in [SIMD3(3.0, 4, 5), SIMD3(25.0, 2, 6)] {
            let molecule = system.molecule(0, at: centre, .uniform(&random))
            sites += molecule.places
            let change = system.energyChange(removing: nil, adding: molecule)
            system.accept(removing: nil, adding: molecule, energyChange: change)
        }
        let charges = GuestMolecule.water.sites.map(\.charge)
        let ions = Crystal(
            name: "ions", cell: crystal.cell,
            atoms: sites.enumerated().map {
                Atom(
                    element: .hydrogen, label: "", position: crystal.cell.fractional($0.element),
                    charge: charges[$0.offset % 3])
            })
        var expected = Ewald(alpha: 0.4, cutoff: 12.9, reciprocalCutoff: 4).energy(of: ions)
        for molecule in 0..<2 {
            for (one, other) in [(0, 1), (0, 2), (1, 2)] {
                let distance = length(sites[3 * molecule + one] - sites[3 * molecule + other])
                expected -= PhysicalConstants.coulomb * charges[one] * charges[other] / distance
            }
        }
        let apart = crystal.cell.fractional(sites[0] - sites[3])
        let oxygens = length(crystal.cell.cartesian(apart - apart.rounded(.toNearestOrEven)))
        expected += GuestMolecule.water.sites[0].lennardJones.energy(atDistance: oxygens)
        // The standard sum is good to about 1e-5 of the energies of single charges.
        #expect(abs(system.energy - expected) < 0.5 && abs(expected) > 100)
    }

    @Test("a run depends on the seed and the key alone, and a blocked framework stays empty")
    func reproducible() throws {
        let host = try host(TestCrystals.box(14), [.methane])
        let run = GCMC(fugacitiesPascal: [1e6], initialCycles: 2, cycles: 5, guideSpacing: 1)
        let first = run.run(.direct(host), cellMass: 12, key: "one")
        #expect(run.run(.direct(host), cellMass: 12, key: "one") == first)
        #expect(run.run(.direct(host), cellMass: 12, key: "two") != first)
        let all = BlockedRegions(counts: SIMD3(1, 1, 1), isBlocked: [true])
        let blocked = GCMC(fugacitiesPascal: [1e6], initialCycles: 2, cycles: 5, blocked: all, guideSpacing: nil)
        #expect(blocked.run(.direct(host), cellMass: 12, key: "one").flags == [.nothingInserted])
    }
}
