import Testing

@testable import PenstockMOF

@Suite struct UnitCellTests {
    @Test("a triclinic cell has the volume, the angles and the widths of textbook formulas")
    func triclinic() throws {
        let cell = try #require(
            UnitCell(lengths: SIMD3(5, 7, 9), alphaDegrees: 80, betaDegrees: 100, gammaDegrees: 110))
        // V = abc sqrt(1 - cos^2 - cos^2 - cos^2 + 2 cos cos cos), computed by hand with a table of cosines.
        let (x, y, z) = (0.17364817766693041, -0.17364817766693041, -0.34202014332566873)
        let volume = 5 * 7 * 9 * (1 - x * x - y * y - z * z + 2 * x * y * z).squareRoot()
        #expect(abs(cell.volume - volume) < 1e-9)
        #expect(length(cell.anglesDegrees - SIMD3(80, 100, 110)) < 1e-9)
        #expect(length(cell.lengths - SIMD3(5, 7, 9)) < 1e-12)
        // The width between the faces of a and b is the height of the cell: V / (ab sin gamma).
        #expect(abs(cell.widths.z - volume / (35 * (1 - z * z).squareRoot())) < 1e-9)
        let place = SIMD3(0.3, 0.6, 0.9)
        #expect(length(cell.fractional(cell.cartesian(place)) - place) < 1e-12)
    }

    @Test("angles that no three edges have are refused")
    func impossible() {
        #expect(UnitCell(lengths: SIMD3(9, 9, 9), alphaDegrees: 60, betaDegrees: 60, gammaDegrees: 130) == nil)
        #expect(UnitCell(lengths: SIMD3(9, 9, 0), alphaDegrees: 90, betaDegrees: 90, gammaDegrees: 90) == nil)
    }

    @Test("a cell is repeated until all widths are as wide as asked for")
    func repeats() throws {
        let cell = try #require(UnitCell(a: SIMD3(12.8, 0, 0), b: SIMD3(0, 30, 0), c: SIMD3(0, 0, 9)))
        #expect(cell.repeats(forWidth: 25.6) == SIMD3(2, 1, 3))
        let carbon = Atom(element: .carbon, label: "C1", position: SIMD3(0.5, -0.25, 1))
        #expect(carbon.position == SIMD3(0.5, 0.75, 0))
        let crystal = Crystal(name: "x", cell: cell, atoms: [carbon]).repeated(SIMD3(2, 1, 3))
        #expect(crystal.atoms.count == 6 && abs(crystal.cell.volume - 6 * cell.volume) < 1e-6)
        #expect(Set(crystal.atoms.map { $0.position.x }) == [0.25, 0.75])
    }
}
