import Foundation
import TestSupport
import Testing

@testable import PenstockMOF

@Suite struct ChargeEquilibrationTests {
    private func charges(_ crystal: Crystal) throws -> [Double] { try ChargeEquilibration.charges(of: crystal) }

    /// The largest difference from charges by element, each atom against the nearest of those that its element may have.
    private func difference(_ charges: [Double], of crystal: Crystal, from expected: [String: [Double]]) -> Double {
        zip(crystal.atoms, charges).map { atom, charge in
            (expected[atom.element.symbol] ?? []).map { abs($0 - charge) }.min() ?? .infinity
        }.max() ?? 0
    }

    @Test("rock salt has the charge of the closed form with Madelung's constant")
    func rockSalt() throws {
        let a = 5.64
        let (sodium, chlorine) = ((x: 26.2125 - 42.147, j: 42.147), (x: 8.2905, j: 9.355))
        /// The softening of an ion with all of one kind around it, by a plain sum; `odd` for those on the other sublattice.
        func softening(_ one: Double, _ other: Double, odd: Bool) -> Double {
            let softness = sqrt(one * other) / 14.4
            var sum = 0.0
            for x in -9...9 {
                for y in -9...9 {
                    for z in -9...9 where (x + y + z) % 2 != 0 ? odd : !odd && (x, y, z) != (0, 0, 0) {
                        let r = a / 2 * sqrt(Double(x * x + y * y + z * z))
                        let s = softness
                        sum += exp(-s * s * r * r) * (2 * s - s * s * r - 1 / r)
                    }
                }
            }
            return sum
        }
        // 1.747564594633… is OEIS A085469.
        let sodiums = softening(sodium.j, sodium.j, odd: false)
        let chlorines = softening(chlorine.j, chlorine.j, odd: false)
        let others = softening(sodium.j, chlorine.j, odd: true)
        let coulomb = -2 * 1.747564594633182 / (a / 2) + sodiums + chlorines - 2 * others
        let expected = (chlorine.x - sodium.x) / (sodium.j + chlorine.j + 0.6 * 14.4 * coulomb)
        let found = try charges(TestCrystals.rockSalt(a))
        for (atom, charge) in zip(TestCrystals.rockSalt(a).atoms, found) {
            #expect(abs(charge - (atom.element.symbol == "Na" ? expected : -expected)) < 1e-7)
        }
    }

    @Test("in a skewed cell all atoms have one chemical potential, by plain sums")
    func chemicalPotentials() throws {
        let crystal = TestCrystals.skewed
        let found = try charges(crystal)
        #expect(abs(found.reduce(0, +)) < 1e-12)
        let parameters = try crystal.atoms.map { try #require(EquilibrationParameters.of($0.element)) }
        let potentials = crystal.atoms.indices.map { atom in
            parameters[atom].electronegativity + parameters[atom].hardness * found[atom]
                + 0.6 * 14.4 * PlainCharges.potential(on: atom, in: crystal, found, parameters.map(\.hardness))
        }
        for potential in potentials { #expect(abs(potential - potentials[0]) < 1e-6) }
    }

    @Test("charges do not depend on the origin, the order of atoms, the choice of cell or copies of it")
    func invariance() throws {
        let crystal = TestCrystals.skewed
        let found = try charges(crystal)
        let copies = try charges(crystal.repeated(SIMD3(2, 1, 3)))
        for (index, charge) in copies.enumerated() { #expect(abs(charge - found[index % found.count]) < 1e-7) }
        let cell = crystal.cell
        let other = try #require(UnitCell(a: cell.a, b: cell.b - 2 * cell.a, c: cell.c + cell.b + 3 * cell.a))
        let moved = crystal.atoms.reversed().map {
            let place = cell.cartesian($0.position) + SIMD3(1.3, -2.6, 20.1)
            return Atom(element: $0.element, label: $0.label, position: other.fractional(place))
        }
        let again = try charges(Crystal(name: "other", cell: other, atoms: moved))
        for (one, other) in zip(again.reversed(), found) { #expect(abs(one - other) < 1e-7) }
        // The same atoms have the same bits.
        #expect(try charges(crystal) == found)
    }

    @Test("the parameters of zinc, oxygen, carbon and hydrogen are those that the authors' program prints")
    func parameters() throws {
        // numat/EQeq with its own table, run on IRMOF-1: X in eV/e and J in eV/e^2.
        let printed = [
            "Zn": (-14.673, 21.758), "O": (7.53956, 12.1569), "C": (6.26106, 9.99788), "H": (5.799, 15.598),
        ]
        for (symbol, (electronegativity, hardness)) in printed.sorted(by: { $0.key < $1.key }) {
            let element = try #require(Element(symbol: symbol))
            let found = try #require(EquilibrationParameters.of(element))
            #expect(abs(found.electronegativity - electronegativity) < 2e-3 && abs(found.hardness - hardness) < 2e-3)
        }
        #expect(EquilibrationParameters.elements.count == 65)
        #expect(EquilibrationParameters.elements.allSatisfy { EquilibrationParameters.of($0)!.hardness > 4 })
    }

    @Test("IRMOF-1 has its published charges", .enabled(if: SharedData.mof.folder != nil, "\(SharedData.mof.missing)"))
    func irmof1() throws {
        // Of the supporting information of the method's paper and of the example of the authors' program, to three digits; its sums end behind two cells.
        let published = ["Zn": [1.211], "O": [-0.968, -0.4825], "C": [0.321, -0.064, -0.023], "H": [0.054]]
        let crystal = try SampleData.crystal("IRMOF-1")
        let found = try charges(crystal)
        #expect(difference(found, of: crystal, from: published) < 1e-3)
        #expect(abs(found.reduce(0, +)) < 1e-10)
        // Seven kinds of atoms by symmetry.
        #expect(Set(found.map { Int(($0 * 1e6).rounded()) }).count == 7)
    }

    @Test(
        "charges are those of the authors' program with converged sums",
        .enabled(if: SharedData.mof.folder != nil, "\(SharedData.mof.missing)"))
    func converged() throws {
        // pyeqeq 0.0.10 with the ionization energies of this module's table, in orthorhombic and hexagonal cells: MIL-47 with 9 x 9 x 9 cells,
        // 21 x 21 x 21 wave vectors and a splitting of 3 Å, Mg-DOBDC with 7, 19 and 4 Å.
        let vanadium = try SampleData.crystal("MIL-47")
        let expected = [
            "V": [1.83595], "O": [-0.66116, -0.51667, -0.50184], "C": [-0.08335, -0.01105, -0.00779, 0.42048],
            "H": [0.05583, 0.05699],
        ]
        #expect(difference(try charges(vanadium), of: vanadium, from: expected) < 2e-5)
        let magnesium = try SampleData.crystal("Mg-DOBDC")
        let other = [
            "Mg": [1.47426], "O": [-0.72752, -0.66069, -0.52585], "C": [-0.20081, -0.07395, 0.22605, 0.42548],
            "H": [0.06303],
        ]
        #expect(difference(try charges(magnesium), of: magnesium, from: other) < 2e-5)
    }

    @Test("elements without data, atoms in one place and cells without end are refused; one atom and none are neutral")
    func limits() throws {
        func code(_ crystal: Crystal) -> ChargeEquilibrationError.Code? {
            do { _ = try ChargeEquilibration.charges(of: crystal) } catch { return error.code }
            return nil
        }
        let cell = try #require(UnitCell(a: SIMD3(9, 0, 0), b: SIMD3(0, 9, 0), c: SIMD3(0, 0, 9)))
        func atoms(_ symbols: [String], apart: Double = 0.2) -> Crystal {
            TestCrystals.crystal(
                cell, symbols.enumerated().map { ($1, SIMD3(0.1 + apart * Double($0), 0.2, 0.3), 0) })
        }
        #expect(code(atoms(["C", "Mo", "U", "He"])) == .missingElement)
        do { _ = try charges(atoms(["C", "Mo", "U", "He"])) } catch { #expect("\(error)".contains("He, Mo, U")) }
        #expect(code(atoms(["Zn", "O"], apart: 0)) == .noEquilibrium)
        let many = [String](repeating: "C", count: ChargeEquilibration.atomsMax + 1)
        #expect(code(atoms(many, apart: 1e-4)) == .tooManyAtoms)
        #expect(try charges(atoms([])).isEmpty)
        #expect(try abs(charges(atoms(["Zn"]))[0]) < 1e-12)
        let charged = try atoms(["Zn", "O"]).withEquilibratedCharges()
        #expect(charged.hasCharges && charged.atoms[0].charge! > 0 && abs(charged.netCharge) < 1e-12)
    }
}

/// The potential of charges on an atom by plain loops, written apart from the module.
private enum PlainCharges {
    /// The sum over all other charges and images of q (1/r and its softening) in e/Å, but for a number that is the same for all atoms.
    static func potential(
        on atom: Int, in crystal: Crystal, _ charges: [Double], _ hardnesses: [Double]
    ) -> Double {
        let (alpha, cutoff, cell) = (0.55, 12.0, crystal.cell)
        let place = cell.cartesian(crystal.atoms[atom].position)
        let (a, b, c) = cell.reciprocal
        var sum = -2 * alpha / Double.pi.squareRoot() * charges[atom]
        for (other, charge) in charges.enumerated() {
            let softness = sqrt(hardnesses[atom] * hardnesses[other]) / 14.4
            for x in -4...4 {
                for y in -4...4 {
                    for z in -4...4 where other != atom || (x, y, z) != (0, 0, 0) {
                        let image = crystal.atoms[other].position + SIMD3(Double(x), Double(y), Double(z))
                        let apart = cell.cartesian(image) - place
                        let r = sqrt(dot(apart, apart))
                        guard r < cutoff else { continue }
                        let softening =
                            exp(-softness * softness * r * r) * (2 * softness - softness * softness * r - 1 / r)
                        sum += charge * (erfc(alpha * r) / r + softening)
                    }
                }
            }
            let apart = cell.cartesian(crystal.atoms[other].position) - place
            for x in -10...10 {
                for y in -10...10 {
                    for z in -10...10 where (x, y, z) != (0, 0, 0) {
                        let k = 2 * Double.pi * (Double(x) * a + Double(y) * b + Double(z) * c)
                        let square = dot(k, k)
                        sum +=
                            4 * .pi / cell.volume * charge * exp(-square / (4 * alpha * alpha)) / square
                            * cos(dot(k, apart))
                    }
                }
            }
        }
        return sum
    }
}
