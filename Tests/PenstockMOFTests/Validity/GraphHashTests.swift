import TestSupport
import Testing

@testable import PenstockMOF

@Suite(.enabled(if: SharedData.mof.folder != nil, "\(SharedData.mof.missing)"))
struct GraphHashTests {
    private func hash(_ crystal: Crystal) throws -> GraphHash {
        GraphHash(crystal, try #require(BondGraph(crystal)))
    }

    /// The same structure in the cell of the vectors a, b + a, c - 2b, which is of the same size but another shape.
    private func sheared(_ crystal: Crystal) throws -> Crystal {
        let cell = crystal.cell
        let other = try #require(UnitCell(a: cell.a, b: cell.b + cell.a, c: cell.c - 2 * cell.b))
        let atoms = crystal.atoms.map { atom in
            Atom(
                element: atom.element, label: atom.label,
                position: other.fractional(cell.cartesian(atom.position) + SIMD3(0.3, -0.7, 1.1)), charge: atom.charge)
        }
        return Crystal(name: crystal.name, cell: other, atoms: atoms)
    }

    @Test(
        "the hash does not depend on the order of the atoms, the cell, its origin or how often it is repeated",
        arguments: ["MIL-47", "COF-300", "COF-1", "ZIF-8", "mof-12928738", "CALF-20-methyl"])
    func invariance(_ name: String) throws {
        let crystal = try SampleData.crystal(name)
        let expected = try hash(crystal)
        var shuffled = crystal
        // 7919 is a prime larger than the number of atoms, so every atom comes once.
        shuffled.atoms = crystal.atoms.indices.map { crystal.atoms[($0 * 7919 + 5) % crystal.atoms.count] }
        #expect(try hash(shuffled) == expected)
        #expect(try hash(sheared(crystal)) == expected)
        for repeats in [SIMD3(2, 1, 1), SIMD3(1, 3, 1), SIMD3(2, 2, 2)] {
            #expect(try hash(crystal.repeated(repeats)) == expected, "\(repeats)")
        }
        #expect(try hash(sheared(crystal.repeated(SIMD3(1, 2, 1)))) == expected)
    }

    @Test("one structure in other cells, breathing or relaxed, keeps its hash")
    func sameStructures() throws {
        // MOF-5 in its cubic and in its primitive cell; MIL-53 open and closed; Mg-MOF-74 by X-rays and by theory.
        for (one, other) in [("IRMOF-1", "hMOF-0"), ("MIL-53_Cr_ht", "MIL-53_Cr_lt"), ("Mg-DOBDC", "MgMOF-74-VASP")] {
            #expect(try hash(SampleData.crystal(one)) == hash(SampleData.crystal(other)), "\(one) and \(other)")
        }
    }

    @Test("different structures have different hashes, also polymorphs of one composition")
    func otherStructures() throws {
        // Zn(imidazolate)2 in the nets crb, dft and cag; M-MOF-74 of two metals; MIL-47 is MIL-53 without the hydroxyl's hydrogen.
        let names = [
            "ZIF-1", "ZIF-3", "ZIF-4", "ZIF-8", "Mg-DOBDC", "Co-DOBDC", "MIL-47", "MIL-53_Cr_ht", "IRMOF-1", "IRMOF-3",
            "IRMOF-14",
            "COF-1", "COF-5", "UIO-66", "Zr-TPDC", "mof-522e1992", "mof-6310f449",
        ]
        let hashes = Set(try names.map { try hash(SampleData.crystal($0)) })
        #expect(hashes.count == names.count)
    }

    @Test("one atom of another element, or one less, changes the hash")
    func smallChanges() throws {
        let crystal = try SampleData.crystal("MIL-47")
        var other = crystal
        let carbon = try #require(crystal.atoms.firstIndex { $0.element == .carbon })
        other.atoms[carbon].element = .nitrogen
        let changed = try hash(other)
        other.atoms.remove(at: carbon)
        #expect(Set([try hash(crystal), changed, try hash(other)]).count == 3)
    }

    @Test("nets through each other differ from one alone")
    func interpenetration() throws {
        let net = "Zn Zn 0 0 0\nO O .5 0 0\nO O 0 .5 0\nO O 0 0 .5"
        let other = "Zn Zn .5 .5 .5\nO O 0 .5 .5\nO O .5 0 .5\nO O .5 .5 0"
        let (one, two) = (try crystal(net, edge: 4), try crystal(net + "\n" + other, edge: 4))
        #expect(Fragments(try #require(BondGraph(two))).interpenetration == 2)
        #expect(try hash(one) != hash(two))
    }

    @Test("the hash is written in 16 digits")
    func digits() throws {
        let text = try hash(SampleData.crystal("IRMOF-1")).description
        #expect(text.count == 16 && text.allSatisfy(\.isHexDigit))
    }
}
