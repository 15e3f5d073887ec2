import Penstock
import PenstockEvents
import Testing

@testable import PenstockMOF

@Suite("Lattice strain") struct LatticeStrainTests {
    private func cell(_ a: SIMD3<Double>, _ b: SIMD3<Double>, _ c: SIMD3<Double>) throws -> UnitCell {
        try #require(UnitCell(a: a, b: b, c: c))
    }

    private func cube(_ edge: Double) throws -> UnitCell {
        try cell(SIMD3(edge, 0, 0), SIMD3(0, edge, 0), SIMD3(0, 0, edge))
    }

    /// The failure to compare two cells, or nil.
    private func failure(_ first: UnitCell, _ last: UnitCell) -> LatticeStrain.Failure? {
        do throws(LatticeStrain.Failure) { _ = try LatticeStrain(from: first, to: last) } catch { return error }
        return nil
    }

    @Test("a cell that is stretched has the strain of the formula: A0 A1^-1 - I")
    func stretched() throws {
        let longer = try cell(SIMD3(10.5, 0, 0), SIMD3(0, 10, 0), SIMD3(0, 0, 9.8))
        let strain = try LatticeStrain(from: cube(10), to: longer)
        #expect(abs(strain.principal.x - (10 / 10.5 - 1)) < 1e-12)
        #expect(abs(strain.principal.z - (10 / 9.8 - 1)) < 1e-12)
        #expect(abs(strain.value - (1 - 10 / 10.5)) < 1e-12)
        #expect(try LatticeStrain(from: cube(10), to: cube(10)).value == 0)
    }

    @Test("a sheared cell has half of the shear: the eigenvalues of [[0, s/2], [s/2, 0]]")
    func sheared() throws {
        let sheared = try cell(SIMD3(10, 0, 0), SIMD3(2, 10, 0), SIMD3(0, 0, 10))
        let strain = try LatticeStrain(from: cube(10), to: sheared)
        #expect(abs(strain.principal.x + 0.1) < 1e-12 && abs(strain.principal.y) < 1e-12)
        #expect(abs(strain.principal.z - 0.1) < 1e-12)
    }

    @Test("eigenvalues of a symmetric matrix are those of its characteristic polynomial")
    func eigenvalues() {
        // [[2, 1, 0], [1, 2, 1], [0, 1, 2]]: 2 and 2 +- sqrt 2.
        let found = symmetricEigenvalues(diagonal: SIMD3(2, 2, 2), offDiagonal: SIMD3(1, 0, 1))
        let root = 2.0.squareRoot()
        #expect(abs(found.x - (2 - root)) < 1e-12 && abs(found.y - 2) < 1e-12 && abs(found.z - (2 + root)) < 1e-12)
        // [[1, 2, 3], [2, 4, 5], [3, 5, 6]]: trace 11, sum of squares 129 = sum of squares of the eigenvalues, determinant -1.
        let other = symmetricEigenvalues(diagonal: SIMD3(1, 4, 6), offDiagonal: SIMD3(5, 3, 2))
        #expect(abs(other.sum() - 11) < 1e-12 && abs((other * other).sum() - 129) < 1e-11)
        #expect(abs(other.x * other.y * other.z + 1) < 1e-11)
    }

    @Test("a rotated cell is not a strained one, whichever of the two is rotated")
    func rotated() throws {
        let skewed = try #require(
            UnitCell(lengths: SIMD3(10, 12, 15), alphaDegrees: 80, betaDegrees: 95, gammaDegrees: 105))
        // A turn about the axis (1, 1, 1) by 120 degrees, and one about z by 37.
        func turned(_ v: SIMD3<Double>) -> SIMD3<Double> { SIMD3(v.z, v.x, v.y) }
        let other = try cell(turned(skewed.a), turned(skewed.b), turned(skewed.c))
        #expect(try LatticeStrain(from: skewed, to: other).value < 1e-12)
        #expect(try LatticeStrain(from: other, to: skewed).value < 1e-12)
        let swollen = try cell(1.02 * turned(skewed.a), 1.02 * turned(skewed.b), 1.02 * turned(skewed.c))
        #expect(abs(try LatticeStrain(from: skewed, to: swollen).value - (1 - 1 / 1.02)) < 1e-12)
        #expect(abs(other.conventional.volume - skewed.volume) < 1e-9)
        #expect(other.conventional.a.y == 0 && other.conventional.b.z == 0)
    }

    @Test("a mirrored cell, and other vectors of one lattice, are refused")
    func incomparable() throws {
        let first = try cell(SIMD3(10, 0, 0), SIMD3(0, 12, 0), SIMD3(0, 0, 15))
        let mirrored = try cell(SIMD3(0, 12, 0), SIMD3(10, 0, 0), SIMD3(0, 0, 15))
        #expect(failure(first, mirrored) == .mirrored)
        let reduced = try cell(SIMD3(10, 0, 0), SIMD3(10, 12, 0), SIMD3(0, 0, 15))
        #expect(failure(first, reduced) == .otherVectors && failure(reduced, first) == .otherVectors)
        let reordered = try cell(SIMD3(0, 12, 0), SIMD3(0, 0, 15), SIMD3(10, 0, 0))
        #expect(failure(first, reordered) == .otherVectors)
        // A large strain that no other vectors explain is one.
        #expect(failure(first, try cell(SIMD3(14, 0, 0), SIMD3(0, 12, 0), SIMD3(0, 0, 15))) == nil)
    }

    private struct Named: Sendable {
        let name: String
        let frame: CellFrame
    }

    @Test("as a stream: the first frame of a key is held, every other one has its strain, at any batch size")
    func stream() async throws {
        #expect(CellFrame.layoutDefect == nil && FrameStrain.layoutDefect == nil)
        var frames: [Named] = []
        for step in 0..<4 {
            frames.append(Named(name: "A", frame: CellFrame(step: UInt64(step), cell: try cube(10 + Double(step)))))
            frames.append(Named(name: "B", frame: CellFrame(step: UInt64(10 * step), cell: try cube(20))))
        }
        let mirrored = try cell(SIMD3(0, 10, 0), SIMD3(10, 0, 0), SIMD3(0, 0, 10))
        frames.append(Named(name: "A", frame: CellFrame(step: 9, cell: mirrored)))
        let all = frames
        for size in [1, 3, 100] {
            let strains = Collected<FrameStrain>()
            try await Flow("strains") {
                From(Generated(all.count) { n in (all[n], Timestamp(nanoseconds: Int64(n))) })
                KeyBy { (frame: Named) in frame.name }
                Map { (frame: Named) in frame.frame }
                Process(LatticeStrains<String>())
                To(strains)
            }.run(options: RunOptions(batchEvents: size))
            let found = strains.values
            #expect(found.map(\.step) == [1, 10, 2, 20, 3, 30, 9])
            #expect(found.map(\.firstStep) == [0, 0, 0, 0, 0, 0, 0])
            for (place, edge) in [(0, 11.0), (2, 12.0), (4, 13.0)] {
                #expect(abs(found[place].strain - (1 - 10 / edge)) < 1e-12)
            }
            #expect(found[1].strain == 0 && found[6].strain == .infinity)
            #expect(found[1].isStable() && found[4].isStable() && !found[4].isStable(upTo: 0.2) && !found[6].isStable())
        }
    }
}
