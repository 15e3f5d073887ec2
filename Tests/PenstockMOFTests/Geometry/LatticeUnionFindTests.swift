import Testing

@testable import PenstockMOF

@Suite struct LatticeUnionFindTests {
    @Test("a set that meets its own image repeats in that direction, and no direction counts twice")
    func directions() {
        var sets = LatticeUnionFind(count: 3)
        func join(_ first: Int, _ second: Int, _ offset: SIMD3<Int32>) -> Bool {
            sets.join(first, second, offset: offset)
        }
        #expect(!join(0, 1, SIMD3(1, 0, 0)))
        #expect(sets.areJoined(0, 1, offset: SIMD3(1, 0, 0)) && !sets.areJoined(0, 1, offset: SIMD3(0, 0, 0)))
        #expect(!join(1, 2, SIMD3(0, 1, 0)))
        // Back from 2 to 0 in the cell where it started: no way through the crystal.
        #expect(!join(2, 0, SIMD3(-1, -1, 0)))
        #expect(sets.dimensionality(ofRoot: sets.root(of: 0).root) == 0)
        #expect(join(2, 0, SIMD3(0, 0, 0)))
        #expect(sets.dimensionality(ofRoot: sets.root(of: 1).root) == 1)
        #expect(!join(0, 0, SIMD3(-2, -2, 0)))
        #expect(join(0, 0, SIMD3(1, 0, 0)))
        // In the plane of the two directions.
        #expect(!join(0, 0, SIMD3(5, 7, 0)))
        #expect(join(0, 0, SIMD3(3, 1, 1)))
        #expect(sets.dimensionality(ofRoot: sets.root(of: 2).root) == 3)
    }

    @Test("directions of two sets are those of their union")
    func union() {
        var sets = LatticeUnionFind(count: 2)
        func join(_ first: Int, _ second: Int, _ offset: SIMD3<Int32>) -> Bool {
            sets.join(first, second, offset: offset)
        }
        #expect(join(0, 0, SIMD3(1, 0, 0)))
        #expect(join(1, 1, SIMD3(0, 1, 0)))
        #expect(join(0, 1, SIMD3(0, 0, 4)))
        #expect(sets.dimensionality(ofRoot: sets.root(of: 0).root) == 2)
    }
}
