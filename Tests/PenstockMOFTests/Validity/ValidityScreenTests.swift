import PenstockMOF
import TestSupport
import Testing

@Suite struct ValidityScreenTests {
    /// The codes of the screen for atoms at Cartesian places in a wide cube, without those about what is missing altogether.
    private func codes(_ atoms: [(String, SIMD3<Double>)], charges: [Double?] = []) throws -> Set<Finding.Code> {
        let cell = try #require(UnitCell(a: SIMD3(30, 0, 0), b: SIMD3(0, 30, 0), c: SIMD3(0, 0, 30)))
        let placed = try atoms.enumerated().map { place, atom in
            Atom(
                element: try #require(Element(symbol: atom.0)), label: "\(atom.0)\(place)", position: atom.1 / 30,
                charge: charges.isEmpty ? nil : charges[place])
        }
        let findings = Crystal(name: "x", cell: cell, atoms: placed).validity().findings
        let absent: Set<Finding.Code> = [.noMetal, .noCarbon, .noHydrogen, .noFramework]
        return Set(findings.map(\.code)).subtracting(absent)
    }

    /// Carbon in the middle and atoms at distances and angles in a plane.
    private func carbon(_ arms: [(String, Double, Double)]) -> [(String, SIMD3<Double>)] {
        [("C", SIMD3(repeating: 0))]
            + arms.map { symbol, distance, angle in
                let radians = angle * .pi / 180
                return (symbol, SIMD3(distance * Self.cosine(radians), distance * Self.cosine(radians - .pi / 2), 0))
            }
    }

    private static func cosine(_ x: Double) -> Double {
        var (sum, term, n) = (0.0, 1.0, 0.0)
        while n < 60 {
            sum += term
            term *= -x * x / ((n + 1) * (n + 2))
            n += 2
        }
        return sum
    }

    /// The corners of a tetrahedron around an atom.
    private func tetrahedron(_ centre: String, _ corners: [String], _ distance: Double) -> [(String, SIMD3<Double>)] {
        let directions: [SIMD3<Double>] = [SIMD3(1, 1, 1), SIMD3(1, -1, -1), SIMD3(-1, 1, -1), SIMD3(-1, -1, 1)]
        return [(centre, .zero)] + zip(corners, directions).map { ($0, $1 * distance / 3.0.squareRoot()) }
    }

    @Test("small molecules with all their atoms have nothing wrong")
    func molecules() throws {
        #expect(try codes(tetrahedron("C", ["H", "H", "H", "H"], 1.09)) == [])
        #expect(try codes(tetrahedron("N", ["H", "H", "H", "H"], 1.03)) == [])
        #expect(try codes(carbon([("O", 1.16, 0), ("O", 1.16, 180)])) == [])
        #expect(try codes(carbon([("O", 1.128, 0)])) == [])
        #expect(try codes(carbon([("N", 1.156, 0), ("H", 1.065, 180)])) == [])
        #expect(try codes(carbon([("O", 1.21, 0), ("H", 1.11, 120), ("H", 1.11, 240)])) == [])
        #expect(try codes([("N", .zero), ("N", SIMD3(1.098, 0, 0))]) == [])
        #expect(try codes([("H", .zero), ("H", SIMD3(0.741, 0, 0))]) == [])
    }

    @Test("hydrogens that are missing on carbon and nitrogen are found")
    func missingHydrogen() throws {
        // Methane less one, two and three; formaldehyde less one; aromatic CH without its hydrogen; methylamine without any on nitrogen.
        #expect(try codes(tetrahedron("C", ["H", "H", "H"], 1.09)) == [.hydrogenMissingOnCarbon])
        #expect(try codes(tetrahedron("C", ["H", "H"], 1.09)) == [.hydrogenMissingOnCarbon])
        #expect(try codes(tetrahedron("C", ["H"], 1.09)) == [.hydrogenMissingOnCarbon])
        #expect(try codes(carbon([("O", 1.21, 0), ("H", 1.11, 120)])) == [.hydrogenMissingOnCarbon])
        #expect(try codes(carbon([("N", 1.34, 0), ("N", 1.34, 120)])).contains(.hydrogenMissingOnCarbon))
        #expect(try codes(tetrahedron("C", ["H", "H", "H", "N"], 1.2)) == [])
        #expect(
            try codes(tetrahedron("C", ["H", "H", "H"], 1.09) + [("N", SIMD3(-1, -1, 1) * 0.85)]) == [
                .hydrogenMissingOnNitrogen
            ])
    }

    @Test("too many neighbours are found, and those of carbon reject")
    func overcoordination() throws {
        let five = tetrahedron("C", ["H", "H", "H", "H"], 1.09) + [("H", SIMD3(-0.62, -0.62, -0.62))]
        #expect(try codes(five).contains(.overcoordinatedCarbon))
        #expect(
            try codes([("H", .zero), ("O", SIMD3(1.1, 0, 0)), ("O", SIMD3(-1.1, 0, 0))]).contains(
                .overcoordinatedHydrogen))
        #expect(try codes([("H", .zero), ("B", SIMD3(1.3, 0, 0)), ("B", SIMD3(-1.3, 0, 0))]) == [])
        let nitrogen = tetrahedron("N", ["H", "H", "H", "H"], 1.03) + [("H", SIMD3(-0.6, -0.6, -0.6))]
        #expect(try codes(nitrogen).contains(.overcoordinatedNitrogen))
    }

    @Test("metals without partners are found, rare earths with few")
    func metals() throws {
        #expect(try codes([("Zn", .zero)]) == [.undercoordinatedMetal])
        #expect(try codes(tetrahedron("Zn", ["O", "O", "O", "O"], 1.95)) == [])
        #expect(try codes(tetrahedron("Eu", ["O", "O", "O", "O"], 2.4)) == [.undercoordinatedMetal])
    }

    @Test("overlaps reject and name the closest pair; contacts that are too short warn")
    func overlaps() throws {
        let close = try crystal("Zn1 Zn 0 0 0\nO1 O .03 0 0\nC1 C .5 .5 .5\nC2 C .5 .5 .57").validity()
        let overlap = try #require(close.findings.first { $0.code == .overlap })
        #expect(close.outcome == .reject && overlap.atoms == [0, 1, 2, 3] && overlap.severity == .rejection)
        #expect(overlap.summary.contains("2 pairs") && overlap.summary.contains("Zn1 and O1 at 0.3 Å"))
        #expect(close.reason?.hasPrefix("overlap: 2 pairs of atoms overlap") == true)
        #expect(try codes([("C", .zero), ("C", SIMD3(0.85, 0, 0))]).contains(.shortContact))
        // An atom that is too close to itself: a cell smaller than an atom.
        #expect(try crystal("C1 C 0 0 0", edge: 0.7).validity().outcome == .reject)
    }

    @Test("solvent and ions beside a framework are named by their formulas")
    func floating() throws {
        // A cubic net of zinc and oxygen with a molecule of carbon monoxide and two helium atoms in its pore.
        let net = "Zn Zn 0 0 0\nO O .5 0 0\nO O 0 .5 0\nO O 0 0 .5"
        let report = try crystal(net + "\nC1 C .5 .5 .5\nO9 O .5 .5 .78\nHe He .5 .1 .5\nHe He .1 .5 .5", edge: 4)
            .validity()
        let floating = try #require(report.findings.first { $0.code == .floatingFragment })
        #expect(floating.atoms == [4, 5, 6, 7] && floating.summary.hasSuffix(": C O, 2 x He"))
        #expect(!report.contains(.noFramework) && report.outcome == .warn)
        #expect(try crystal(net, edge: 4).validity().contains(.floatingFragment) == false)
    }

    @Test("charges that do not cancel, and ones that no atom has, are found")
    func charges() throws {
        let pair: [(String, SIMD3<Double>)] = [("Zn", .zero), ("O", SIMD3(1.9, 0, 0))]
        #expect(try codes(pair, charges: [1.5, -1.491]) == [.undercoordinatedMetal])
        #expect(try codes(pair, charges: [1.5, -1.48]) == [.undercoordinatedMetal, .netCharge])
        #expect(try codes(pair, charges: [4.5, -4.5]) == [.undercoordinatedMetal, .extremeCharge])
    }

    @Test("a stricter rule rejects what else is a warning")
    func stricter() throws {
        let charged = try crystal("Zn1 Zn 0 0 0 1.2\nO1 O .2 0 0 -.5", columns: ["_atom_site_charge"])
        var rules = ScreenRules()
        #expect(charged.validity(rules).outcome == .warn)
        rules.rejecting.insert(.netCharge)
        let report = charged.validity(rules)
        #expect(report.outcome == .reject && report.reason == "netCharge: the charges of a cell add up to 0.7 e")
    }

    @Test("what is missing altogether is told, and a structure without faults passes")
    func presence() throws {
        let report = try crystal("N1 N 0 0 0").validity()
        #expect(report.contains(.noMetal) && report.contains(.noCarbon) && report.contains(.noHydrogen))
        #expect(Finding.Code.allCases.count == Set(Finding.Code.allCases.map(\.rawValue)).count)
    }

    @Test("more atoms than there is room for reject without looking for bonds")
    func dense() throws {
        // 729 atoms in 1000 Å^3, 1.1 Å from each other.
        let rows = (0..<729).map { "C\($0) C 0.\($0 / 81 * 11) 0.\($0 / 9 % 9 * 11) 0.\($0 % 9 * 11)" }.joined(
            separator: "\n")
        let report = try crystal(rows).validity()
        #expect(report.contains(.impossiblyDense) && report.outcome == .reject && report.bonds == nil)
    }

    @Test(
        "the structures of the collection pass but for what is known of them",
        .enabled(if: SharedData.mof.folder != nil, "\(SharedData.mof.missing)"))
    func collection() throws {
        // COFs have no metal, one MOF has no hydrogen; three generated ones have a carbon or a fragment out of place.
        let warned: [String: Set<Finding.Code>] = [
            "COF-1": [.noMetal], "COF-300": [.noMetal], "COF-5": [.noMetal], "hMOF-6000000": [.noHydrogen],
            "mof-12928738": [.hydrogenMissingOnCarbon, .hydrogenMissingOnNitrogen, .floatingFragment],
            "mof-54ccdd71": [.hydrogenMissingOnCarbon], "mof-6a59ca74": [.hydrogenMissingOnCarbon],
        ]
        for row in try SampleData.rows("cif_index.csv") {
            let name = String(row["file"]!.dropLast(4))
            let report = try SampleData.crystal(name).validity()
            let codes = Set(report.findings.filter { $0.severity > .flag }.map(\.code))
            #expect(codes == warned[name] ?? [], "\(name)")
            #expect(report.outcome == (warned[name] == nil ? .pass : .warn), "\(name)")
        }
    }
}
