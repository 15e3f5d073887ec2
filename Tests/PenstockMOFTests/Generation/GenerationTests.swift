import TestSupport
import Testing

@testable import PenstockMOF

@Suite struct GenerationTests {
    private let benzene = Linker(.benzene)

    private func crystal(_ linker: Linker) -> Crystal {
        CubicNet.crystal(name: linker.description, linkers: linker, linker, linker)
    }

    @Test("IRMOF-1 comes out with its formula, and its density and cavity within 1 % and 0.1 Å")
    func irmof1() throws {
        let made = crystal(benzene)
        // A quarter of the conventional cell of the experiment, C192 H96 O104 Zn32, whose edge is 25.832 Å and density 0.59331 g/cm^3:
        // shared/data/mof/cif_index.csv; the largest cavity is 15.076 Å wide: mof.md, section 13.
        #expect(made.formula == "C48 H24 O26 Zn8")
        #expect(abs(made.density / 0.59331 - 1) < 0.01)
        let geometry = try #require(PoreGeometry(coarse: made))
        #expect(abs(geometry.largestCavityDiameter - 15.076) < 0.1)
        #expect(made.validity().outcome == .pass)
    }

    @Test(
        "IRMOF-1 is the structure of its file, by the hash of the bond graph",
        .enabled(if: SharedData.mof.folder != nil, "\(SharedData.mof.missing)"))
    func sameGraph() throws {
        let pairs: [(String, Linker)] = [("IRMOF-1", benzene), ("IRMOF-14", Linker(.pyrene))]
        for (file, linker) in pairs {
            let real = try SampleData.crystal(file)
            let made = crystal(linker)
            let hash = GraphHash(made, try #require(BondGraph(made)))
            let expected = GraphHash(real, try #require(BondGraph(real)))
            #expect(hash == expected, "\(file)")
            #expect(abs(made.density / real.density - 1) < 0.02, "\(file)")
        }
    }

    @Test("linkers make one framework with atoms at bond lengths; the screen tells the few that bump")
    func library() throws {
        #expect(Linker.library.count > 150 && Set(Linker.library).count == Linker.library.count)
        let some = stride(from: 0, to: Linker.library.count, by: 8).map { Linker.library[$0] }
        var bumping: [Linker] = []
        for linker in some {
            let made = crystal(linker)
            let report = made.validity()
            let findings = report.findings.filter { $0.code != .noHydrogen }
            if report.outcome == .reject {
                // Groups next to a carboxylate reach those of the linker round the corner: no other mistake is theirs.
                let contacts: Set<Finding.Code> = [
                    .overlap, .shortContact, .overcoordinatedCarbon, .overcoordinatedHydrogen,
                ]
                #expect(findings.allSatisfy { contacts.contains($0.code) }, "\(linker): \(findings)")
                bumping.append(linker)
                continue
            }
            #expect(findings.isEmpty, "\(linker): \(findings)")
            let bonds = try #require(report.bonds)
            #expect(Fragments(bonds).all.count == 1, "\(linker)")
            let wrong = made.atoms.indices.filter { !isPlausible(made, bonds, $0) }.map { made.atoms[$0].label }
            #expect(wrong.isEmpty, "\(linker): \(wrong)")
        }
        #expect(bumping.count * 10 < some.count, "\(bumping)")
    }

    /// Hydrogen has one neighbour, zinc four, and no bond is shorter than three quarters of the sum of the covalent radii.
    private func isPlausible(_ crystal: Crystal, _ bonds: BondGraph, _ atom: Int) -> Bool {
        let element = crystal.atoms[atom].element
        if element == .hydrogen && bonds[atom].count != 1 { return false }
        if element.symbol == "Zn" && bonds[atom].count != 4 { return false }
        return bonds[atom].allSatisfy { end in
            end.distance > 0.75 * (element.covalentRadius + crystal.atoms[end.atom].element.covalentRadius)
        }
    }

    @Test("groups replace as many hydrogens as the pattern says")
    func decoration() {
        func decorated(_ backbone: Backbone, _ group: Substituent, _ pattern: Linker.Pattern) -> Linker {
            Linker(backbone, Linker.Decoration(group, pattern))
        }
        let formulas: [(Linker, String)] = [
            (decorated(.benzene, .bromo, .one), "C48 H18 Br6 O26 Zn8"),
            (decorated(.benzene, .amino, .two), "C48 H36 N12 O26 Zn8"),
            (decorated(.benzene, .fluoro, .all), "C48 F24 O26 Zn8"),
            (decorated(.biphenyl, .methyl, .two), "C96 H72 O26 Zn8"),
            (Linker(.tetrazine), "C24 N24 O26 Zn8"), (Linker(.acetylene), "C24 O26 Zn8"),
        ]
        for (linker, formula) in formulas { #expect(crystal(linker).formula == formula, "\(linker)") }
    }
}

@Suite struct CandidateSpaceTests {
    private let space = CandidateSpace(linkers: Array(Linker.library.prefix(9)))

    @Test("candidates are all choices of three linkers with repetition, each with its number and its own name")
    func enumeration() {
        #expect(space.count == 165)
        let all = (0..<space.count).map { space[$0] }
        #expect(Set(all.map(\.linkers)).count == 165 && Set(all.map(\.name)).count == 165)
        for candidate in all {
            let three = candidate.linkers
            #expect(three.x <= three.y && three.y <= three.z && three.z < 9)
            #expect(space.candidate(of: SIMD3(three.z, three.x, three.y)) == candidate)
        }
        #expect(CandidateSpace().count > 500_000)
        // Two of the three linkers stay: 3 choices of the other at most, with 8 others each.
        #expect(space.neighbours(of: space.candidate(of: SIMD3(0, 1, 2))).count == 24)
    }

    @Test("the order of a seed has every number once, and another seed has another order")
    func order() {
        for count in [1, 2, 5, 165, 1000] {
            let order = CandidateOrder(count: count, seed: 3)
            #expect((0..<count).map { order[$0] }.sorted() == Array(0..<count))
        }
        let orders = [1, 2].map { seed in (0..<20).map { space.candidate(seed: seed, place: $0) } }
        #expect(orders[0] != orders[1])
    }

    @Test("density is a feature known before a framework is made, and the same after")
    func features() throws {
        let place = try #require(CandidateSpace.featureNames.firstIndex(of: "density_g_cm3"))
        for number in stride(from: 0, to: space.count, by: 13) {
            let (features, made) = (space.features(of: space[number]), space.crystal(of: space[number]))
            #expect(features.count == CandidateSpace.featureNames.count)
            #expect(abs(features[place] / made.density - 1) < 1e-9 && made.name == space[number].name)
        }
    }
}
