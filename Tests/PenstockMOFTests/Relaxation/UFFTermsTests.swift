import Testing

@testable import PenstockMOF

/// Expected values are those of RDKit (`rdForceFieldHelpers.GetUFFBondStretchParams` and `GetUFFAngleBendParams`).
@Suite("Bonded terms of UFF") struct UFFTermsTests {
    private func type(_ name: String) throws -> UFFAtomType { try #require(UFFAtomType(name: name)) }

    @Test(
        "natural lengths and force constants of bonds are those of RDKit",
        arguments: [
            ("C_3", "C_3", 1, 1.514, 699.591798712679), ("C_3", "H_", 1, 1.109400794877744, 662.1387775328197),
            ("C_R", "C_R", 1.5, 1.379256405400789, 925.3101082247873), ("C_R", "C_R", 1, 1.458, 783.3390251076785),
            ("C_R", "H_", 1, 1.0814180403267946, 714.8807620875433),
            ("C_R", "N_R", 1.5, 1.3450727841738392, 1327.4378537184148),
            ("C_R", "O_R", 1.5, 1.311940343855554, 1293.361774120012),
            ("C_3", "O_3", 1, 1.3938448452526835, 1078.4971040429152),
            ("O_3", "H_", 1, 0.9902542040013615, 1119.9904110500545),
            ("C_1", "N_1", 3, 1.1571498316597602, 2084.888167807124),
        ])
    func bonds(_ first: String, _ second: String, order: Double, length: Double, constant: Double) throws {
        let (one, other) = (try type(first), try type(second))
        let found = UFFTerms.length(one, other, order: order)
        #expect(abs(found - length) < 1e-9)
        #expect(abs(UFFTerms.bondConstant(one, other, length: found) / constant - 1) < 1e-4)
    }

    @Test(
        "force constants of angles are those of RDKit",
        arguments: [
            ("H_", "H_", 1.109400794877744, 1.109400794877744, 109.47, 75.49876565844788),
            ("C_3", "H_", 1.514, 1.109400794877744, 109.47, 117.31868258442732),
            ("C_R", "C_R", 1.379256405400789, 1.379256405400789, 120, 222.5950166947761),
            ("C_R", "H_", 1.379256405400789, 1.0814180403267946, 120, 114.57803211123799),
            ("C_R", "C_R", 1.3450727841738392, 1.3450727841738392, 120, 240.00103239027962),
            ("C_3", "H_", 1.3938448452526835, 0.9902542040013615, 104.51, 174.16239517838108),
        ])
    func angles(
        _ first: String, _ third: String, _ left: Double, _ right: Double, _ degrees: Double, _ constant: Double
    ) throws {
        let found = UFFTerms.angleConstant(
            try type(first), try type(third), lengths: (left, right), angleDegrees: degrees)
        #expect(abs(found / constant - 1) < 1e-4)
    }

    @Test("the order of a bond is the one whose natural length is closest to the length as found")
    func orders() throws {
        let (flat, saturated, nitrile) = (try type("C_R"), try type("C_3"), try type("C_1"))
        #expect(UFFTerms.order(flat, flat, found: 1.39) == 1.5)
        #expect(UFFTerms.order(flat, flat, found: 1.49) == 1)
        #expect(UFFTerms.order(flat, flat, found: 1.33) == 2)
        #expect(UFFTerms.order(nitrile, try type("N_1"), found: 1.15) == 3)
        #expect(UFFTerms.order(flat, saturated, found: 1.3) == 1)
        #expect(UFFTerms.order(try type("Zn3+2"), try type("O_R"), found: 1.7) == 1)
    }

    @Test("every element has a type, whatever the number of its neighbours")
    func types() throws {
        let directions = [
            SIMD3(1.0, 0, 0), SIMD3(0, 1, 0), SIMD3(0, 0, 1), SIMD3(-1, 0, 0), SIMD3(0, -1, 0), SIMD3(0, 0, -1),
        ]
        for number in UInt8(1)...103 {
            let element = try #require(Element(rawValue: number))
            for count in 0...6 {
                let bonds = directions.prefix(count).map {
                    BondGraph.Neighbour(atom: 0, offset: .zero, vector: $0, distance: 1)
                }
                let found = UFFAtomType.type(of: element, bonds: bonds, isBesideFlatCarbon: false)
                #expect(found.radius > 0 && found.charge > 0 && found.electronegativity > 0)
                #expect(UFFAtomType.names(of: element).contains(found.name))
            }
        }
    }
}
