import TestSupport
import Testing

@testable import PenstockMOF

@Suite struct FragmentsTests {
    private func fragments(_ rows: String, edge: Double) throws -> Fragments {
        Fragments(try #require(BondGraph(try crystal(rows, edge: edge))))
    }

    @Test("molecules, chains, layers and frameworks have their dimensions")
    func dimensions() throws {
        // Carbon atoms 1.5 Å apart in a cell of 4.5 Å, along no, one, two and three edges.
        let along = [1, 2].map { "C C 0.\($0 * 3333) 0 0" }
        let across = [1, 2].map { "C C 0 0.\($0 * 3333) 0" }
        let up = [1, 2].map { "C C 0 0 0.\($0 * 3333)" }
        for (rows, dimension) in [([], 0), (along, 1), (along + across, 2), (along + across + up, 3)]
            as [([String], Int)]
        {
            let all = try fragments((["C C 0 0 0"] + rows).joined(separator: "\n"), edge: 4.5).all
            #expect(all.map(\.dimension) == [dimension] && all.map(\.copies) == [1])
        }
    }

    @Test("a molecule across the border of the cell is one fragment, and no chain")
    func border() throws {
        let all = try fragments("O O 0.96 0.96 0.96\nC C 0.04 0.04 0.04\nN N 0.5 0.5 0.5", edge: 10).all
        #expect(all.map(\.atoms) == [[0, 1], [2]] && all.map(\.dimension) == [0, 0])
    }

    @Test("translations that repeat a fragment have the rank and the index of their lattice")
    func lattices() {
        let lattice = TranslationLattice.of([SIMD3(2, 0, 0), SIMD3(0, 2, 0), SIMD3(0, 0, 2)])
        #expect(lattice.rank == 3 && lattice.index == 8)
        #expect(TranslationLattice.of([SIMD3(1, 1, 0), SIMD3(1, -1, 0), SIMD3(0, 0, 3)]).index == 6)
        #expect(TranslationLattice.of([SIMD3(4, 0, 0), SIMD3(6, 0, 0), SIMD3(0, 1, 1), SIMD3(0, -1, 1)]).index == 4)
        #expect(TranslationLattice.of([SIMD3(0, 2, 4), SIMD3(0, -3, -6)]).rank == 1)
        #expect(TranslationLattice.of([SIMD3(1, 2, 3), SIMD3(2, 4, 7)]).index == nil)
    }

    @Test(
        "COF-300 has the five diamond nets of its discoverers, MOF-5 one, COF-5 layers",
        .enabled(if: SharedData.mof.folder != nil, "\(SharedData.mof.missing)"))
    func knownStructures() throws {
        // F. J. Uribe-Romo et al., J. Am. Chem. Soc. 131 (2009) 4570, DOI 10.1021/ja8096256: dia-c5.
        for (name, count) in [("COF-300", 5), ("IRMOF-1", 1), ("ZIF-8", 1), ("COF-5", 0)] {
            let crystal = try SampleData.crystal(name)
            for repeats in [SIMD3(1, 1, 1), SIMD3(2, 1, 1), SIMD3(1, 2, 3)] {
                let bonds = try #require(BondGraph(crystal.repeated(repeats)))
                #expect(Fragments(bonds).interpenetration == count, "\(name) \(repeats)")
            }
        }
        let layers = Fragments(try #require(BondGraph(try SampleData.crystal("COF-1")))).all
        #expect(layers.map(\.dimension) == [2, 2])
    }

    @Test(
        "bonds and fragments are as many as by ASE and SciPy",
        .enabled(if: SharedData.mof.folder != nil, "\(SharedData.mof.missing)"))
    func bonds() throws {
        // ase 3.29.0, neighbor_list("ijd"), Cordero radii of ase.data, d < r_i + r_j + 0.3; scipy connected_components.
        let expected: [(String, bonds: Int, fragments: Int)] = [
            ("CALF-20-methyl", 66, 1), ("COF-1", 96, 2), ("COF-300", 320, 1), ("CPL-1", 96, 1), ("Cu-BTC", 792, 1),
            ("IRMOF-2", 512, 1), ("MIL-140A-DFT", 192, 1), ("MIL-53_Cr_lt", 92, 1), ("MOF-177_ortho", 1888, 1),
            ("UIO-66", 600, 1), ("ZIF-71", 960, 1), ("hMOF-6000000", 30, 1), ("mof-12928738", 125, 2),
            ("mof-6a59ca74", 169, 1), ("tobacco-667", 228, 1),
        ]
        for (name, bonds, fragments) in expected {
            let graph = try #require(BondGraph(try SampleData.crystal(name)))
            #expect(graph.bondCount == bonds && Fragments(graph).all.count == fragments, "\(name)")
        }
    }
}

extension TranslationLattice {
    /// The lattice of these translations.
    fileprivate static func of(_ translations: [SIMD3<Int32>]) -> TranslationLattice {
        var lattice = TranslationLattice()
        for translation in translations { lattice.add(translation) }
        return lattice
    }
}
