import PenstockMOF
import Testing

@Suite struct ExtendedXYZTests {
    private func read(_ text: String) throws -> Crystal { try Crystal(extendedXYZ: Array(text.utf8), name: "x") }

    @Test("columns are found by their names, whatever stands between them")
    func columns() throws {
        let crystal = try read(
            """
            2
            pbc="T T T" Lattice="4 0 0 0 5 0 1 0 6" energy=-1 Properties=id:I:1:species:S:1:forces:R:3:pos:R:3:charge:R:1 stress='1 2'
            1 Zn 9 9 9 1 0 3 0.5
            2 O 9 9 9 -1 0 0 -0.5
            1
            second frame
            """)
        #expect(crystal.atoms.map(\.label) == ["Zn1", "O2"] && crystal.atoms.map(\.charge) == [0.5, -0.5])
        // (1, 0, 3) is half of c and an eighth of a; (-1, 0, 0) is wrapped.
        #expect(crystal.atoms.map(\.position) == [SIMD3(0.125, 0, 0.5), SIMD3(0.75, 0, 0)])
        #expect(crystal.cell.c == SIMD3(1, 0, 6))
    }

    @Test(
        "what is wrong is told by its code",
        arguments: [
            ("", StructureError.Code.wrongFormat), ("0\n\n", .noAtoms),
            ("2\nLattice=\"1 0 0 0 1 0 0 0 1\"\nH 0 0 0", .wrongFormat),
            ("1\nname=x\nH 0 0 0", .missingCell), ("1\nLattice=\"1 0 0\"\nH 0 0 0", .missingCell),
            ("1\nLattice=\"1 0 0 1 0 0 0 0 1\"\nH 0 0 0", .impossibleCell),
            ("1\nLattice=\"1 0 0 0 1 0 0 0 1\"\nH 0 0 x", .invalidNumber),
            ("1\nLattice=\"1 0 0 0 1 0 0 0 1\"\nH 0 0 1e300", .invalidNumber),
            ("1\nLattice=\"1 0 0 0 1 0 0 0 1\"\nJ 0 0 0", .unknownElement),
            ("1\nLattice=\"1 0 0 0 1 0 0 0 1\" Properties=pos:R:3\n0 0 0", .wrongFormat),
            ("999999999\n\n", .tooManyAtoms),
        ])
    func errors(_ text: String, _ code: StructureError.Code) {
        #expect(structureError { _ = try read(text) }?.code == code)
    }
}
