import Testing

@testable import PenstockMOF

@Suite struct HostPotentialTests {
    /// Places of a guest's sites, different for each item.
    private func places(_ guest: GuestMolecule, _ cell: UnitCell, _ item: Int) -> [SIMD3<Double>] {
        var random = MonteCarloRandom(seed: 7, structure: "places", purpose: .gridError, item: UInt64(item))
        var places = [SIMD3<Double>](repeating: .zero, count: guest.sites.count)
        // Anywhere in space, not only in the cell.
        let centre = cell.cartesian(5 * random.pointInCube() - 2.5)
        Orientation.uniform(&random).place(guest, at: centre, into: &places)
        return places
    }

    @Test("energies of 50 configurations agree with a plain sum to 1e-6", arguments: ["CO2", "N2", "H2O"])
    func plainSum(_ name: String) throws {
        let guest = try #require(GuestMolecule.named(name))
        let crystal = TestCrystals.skewed
        let host = try HostPotential(
            crystal: crystal, forceField: .uff, guests: [guest], interactions: Interactions(usesCharges: true))
        var compared = 0
        var item = 0
        while compared < 50 {
            let places = places(guest, crystal.cell, item)
            item += 1
            let energy = host.energy(of: 0, at: places)
            guard energy < 1e5 else { continue }
            let plain = PlainSums.energy(guest, at: places, in: crystal, .uff, ewald: host.ewald, cutoff: 12.8)
            #expect(abs(energy - plain) <= 1e-6 * max(abs(plain), 1), "configuration \(item - 1)")
            compared += 1
        }
    }

    @Test("the energy is the same in a repeated cell, in another choice of cell and with atoms in another order")
    func choiceOfCell() throws {
        let crystal = TestCrystals.skewed
        let cell = crystal.cell
        let other = try #require(UnitCell(a: cell.a + cell.b, b: cell.b, c: cell.c - cell.a))
        let atoms = crystal.atoms.reversed().map {
            Atom(
                element: $0.element, label: $0.label, position: other.fractional(cell.cartesian($0.position)),
                charge: $0.charge)
        }
        let crystals = [crystal.repeated(SIMD3(2, 1, 3)), Crystal(name: "other", cell: other, atoms: atoms)]
        let guest = GuestMolecule.carbonDioxide
        let interactions = Interactions(usesCharges: true)
        let host = try HostPotential(crystal: crystal, forceField: .uff, guests: [guest], interactions: interactions)
        for crystal in crystals {
            let same = try HostPotential(
                crystal: crystal, forceField: .uff, guests: [guest], interactions: interactions)
            for item in 0..<10 {
                let places = places(guest, cell, item)
                let (one, two) = (host.energy(of: 0, at: places), same.energy(of: 0, at: places))
                #expect(one == two || abs(one - two) < 1e-8 * max(abs(one), 1))
            }
        }
    }

    @Test("a shifted potential is shifted for every pair, and a tail is the integral from the cutoff on")
    func truncations() throws {
        let crystal = TestCrystals.box(30)
        func energy(_ truncation: Interactions.Truncation) throws -> Double {
            let host = try HostPotential(
                crystal: crystal, forceField: .uff, guests: [.methane],
                interactions: Interactions(truncation: truncation))
            return host.energy(of: 0, at: [SIMD3(15, 15, 19)])
        }
        // UFF carbon and TraPPE methane by hand.
        let (epsilon, sigma) = ((52.83 * 148).squareRoot(), (3.43 + 3.73) / 2)
        func pair(_ r: Double) -> Double {
            let sixth = (sigma / r) * (sigma / r) * (sigma / r) * (sigma / r) * (sigma / r) * (sigma / r)
            return 4 * epsilon * (sixth * sixth - sixth)
        }
        #expect(abs(try energy(.truncated) - pair(4)) < 1e-9)
        #expect(abs(try energy(.shifted) - pair(4) + pair(12.8)) < 1e-9)
        // The integral of 4πr² U(r) / V from the cutoff on, by Simpson's rule in u = 1/r.
        var integral = 0.0
        let steps = 2000
        for step in 1...steps {
            let u = Double(step) / Double(steps) / 12.8
            let weight = step == steps ? 1.0 : (step % 2 == 1 ? 4 : 2)
            integral += weight * 4 * .pi * pair(1 / u) / (u * u * u * u)
        }
        integral *= 1 / Double(steps) / 12.8 / 3 / 27000
        #expect(abs(try energy(.tailCorrected) - pair(4) - integral) < 1e-6 * abs(integral) + 1e-9)
    }

    @Test("a guest on top of an atom overlaps, and a place at a nucleus is no number to stumble over")
    func overlap() throws {
        let host = try HostPotential(
            crystal: TestCrystals.skewed, forceField: .uff, guests: [.methane], interactions: Interactions())
        let nucleus = TestCrystals.skewed.cell.cartesian(TestCrystals.skewed.atoms[0].position)
        #expect(host.energy(of: 0, at: [nucleus]) == .infinity)
    }

    @Test("a grid is as close to the direct energy as it says, and tricubic is closer than trilinear")
    func grid() throws {
        let crystal = TestCrystals.crystal(
            UnitCell(lengths: SIMD3(8, 9, 10), alphaDegrees: 80, betaDegrees: 95, gammaDegrees: 100)!,
            [("Zn", SIMD3(0.1, 0.1, 0.1), 1), ("O", SIMD3(0.2, 0.15, 0.1), -0.6), ("C", SIMD3(0.5, 0.4, 0.6), -0.4)])
        let host = try HostPotential(
            crystal: crystal, forceField: .uff, guests: [.carbonDioxide], interactions: Interactions(usesCharges: true))
        func error(_ spacing: Double, _ interpolation: EnergyGrid.Interpolation) throws -> Double {
            let grid = EnergyGrid(host, spacing: spacing, interpolation: interpolation)
            return try #require(grid.rootMeanSquareError(of: 0, below: 3000, samples: 600, seed: 3))
        }
        let (coarse, fine) = (try error(0.6, .tricubic), try error(0.3, .tricubic))
        // kT is 298 K: a fine grid is off by less than a hundredth of it.
        let linear = try error(0.6, .trilinear)
        #expect(fine < 3 && fine < coarse / 4 && coarse < linear)
    }
}
