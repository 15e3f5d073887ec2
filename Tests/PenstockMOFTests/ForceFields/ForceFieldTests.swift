import Testing

@testable import PenstockMOF

@Suite struct ForceFieldTests {
    @Test("UFF has its elements, and the published parameters of carbon")
    func bundled() throws {
        #expect(ForceField.uff.parameters.count == 103)
        #expect(try ForceField.uff.parameters(of: .carbon) == LennardJones(epsilonKelvin: 52.83, sigma: 3.43))
    }

    /// The paper's table II: R0 in Å and D0 in kcal/mol.
    @Test("DREIDING has the distances and depths of its paper, and UFF fills in what it lacks")
    func dreiding() throws {
        let table: [(String, Double, Double)] = [
            ("H", 3.195, 0.0152), ("B", 4.02, 0.095), ("C", 3.8983, 0.0951), ("N", 3.6621, 0.0774),
            ("O", 3.4046, 0.0957),
            ("F", 3.4720, 0.0725), ("Al", 4.39, 0.31), ("Si", 4.27, 0.31), ("P", 4.15, 0.32), ("S", 4.03, 0.344),
            ("Cl", 3.9503, 0.2833), ("Ga", 4.39, 0.4), ("Ge", 4.27, 0.4), ("As", 4.15, 0.41), ("Se", 4.03, 0.43),
            ("Br", 3.95, 0.37), ("In", 4.59, 0.55), ("Sn", 4.47, 0.55), ("Sb", 4.35, 0.55), ("Te", 4.23, 0.57),
            ("I", 4.15, 0.51), ("Na", 3.144, 0.5), ("Ca", 3.472, 0.05), ("Fe", 4.54, 0.055), ("Zn", 4.54, 0.055),
        ]
        #expect(ForceField.dreiding.parameters.count == table.count)
        for (symbol, distance, depth) in table {
            let element = try #require(Element(symbol: symbol))
            let own = try ForceField.dreiding.parameters(of: element)
            #expect(abs(own.sigma * 1.122462048309373 - distance) < 1e-4, "\(symbol)")
            #expect(abs(own.epsilonKelvin * 8.314462618 / 4184 - depth) < 2e-6, "\(symbol)")
            #expect(try ForceField.dreidingWithUFF.parameters(of: element) == own)
        }
        let copper = try #require(Element(symbol: "Cu"))
        #expect(throws: ForceFieldError.self) { try ForceField.dreiding.parameters(of: copper) }
        #expect(
            try ForceField.dreidingWithUFF.parameters(of: copper) == ForceField.uff.parameters(of: copper))
    }

    @Test("every guest of the module is neutral and has its mass")
    func guests() {
        #expect(GuestMolecule.bundled.map(\.name) == ["CO2", "N2", "CH4", "He", "H2O"])
        for guest in GuestMolecule.bundled { #expect(abs(guest.sites.reduce(0) { $0 + $1.charge }) < 1e-12) }
        #expect(abs(GuestMolecule.water.massGramsPerMole - 18.01528) < 1e-4)
        // SPC/E: 1 Å from oxygen to hydrogen and 109.47 degrees between, so 1.63298 Å from hydrogen to hydrogen.
        let sites = GuestMolecule.water.sites
        #expect(abs(length(sites[1].position - sites[0].position) - 1) < 1e-5)
        #expect(abs(length(sites[1].position - sites[2].position) - 1.63298) < 1e-4)
    }

    @Test("a user's file may have comments, quotes, other columns in any order and line ends of any kind")
    func userFile() throws {
        let text =
            "# mine\r\nsource,sigma_A,element,epsilon_over_kB_K\r\n\"Rappé, 1992\",2.5 , Zn,62.4\r\n\r\n,3.1,o,30\r\n"
        let field = try ForceField(parsing: text, name: "mine.csv")
        #expect(field.parameters[.oxygen] == LennardJones(epsilonKelvin: 30, sigma: 3.1))
        #expect(field.parameters[Element(symbol: "Zn")!] == LennardJones(epsilonKelvin: 62.4, sigma: 2.5))
    }

    @Test(
        "a mistake is named with its line",
        arguments: [
            ("element,epsilon_over_kB_K,sigma_A\nH,1,2\nC,1,-3", ForceFieldError.Code.outOfRange, 3),
            ("element,epsilon_over_kB_K,sigma_A\nH,one,2", .notANumber, 2),
            ("element,epsilon_over_kB_K,sigma_A\nH,inf,2", .notANumber, 2),
            ("element,epsilon_over_kB_K,sigma_A\n\nXx,1,2", .unknownElement, 3),
            ("element,epsilon_over_kB_K,sigma_A\nH,1,2\n#\nH,1,2", .duplicateElement, 4),
            ("element,epsilon_over_kB_K,sigma_A\nH,1", .malformedRow, 2),
            ("element,epsilon_over_kB_K,sigma_A\n\"H,1,2", .malformedRow, 2),
            ("element,sigma_A\nH,1", .missingColumn, 1),
        ])
    func mistakes(_ text: String, _ code: ForceFieldError.Code, _ line: Int) {
        let error = #expect(throws: ForceFieldError.self) { try ForceField(parsing: text, name: "mine.csv") }
        #expect(error?.code == code && error?.line == line)
        #expect(error?.description.hasPrefix("mine.csv:\(line): ") == true)
    }

    @Test("an empty file and an element without parameters are named")
    func missing() throws {
        let error = #expect(throws: ForceFieldError.self) { try ForceField(parsing: "\n# nothing\n", name: "x") }
        #expect(error?.code == .empty && error?.line == nil)
        let cell = try #require(UnitCell(a: SIMD3(30, 0, 0), b: SIMD3(0, 30, 0), c: SIMD3(0, 0, 30)))
        let zinc = Atom(element: Element(symbol: "Zn")!, label: "Zn1", position: .zero)
        let field = ForceField(name: "bare", parameters: [.carbon: LennardJones(epsilonKelvin: 1, sigma: 3)])
        let missing = #expect(throws: ForceFieldError.self) {
            try HostPotential(
                crystal: Crystal(name: "x", cell: cell, atoms: [zinc]), forceField: field, guests: [.methane],
                interactions: Interactions())
        }
        #expect(missing?.code == .missingElement && missing?.message.contains("Zn") == true)
    }

    @Test("a guest whose rows contradict each other is refused")
    func contradiction() {
        let header = "molecule,site,x_A,y_A,z_A,epsilon_over_kB_K,sigma_A,charge_e,mass_g_mol,Tc_K,Pc_Pa,acentric\n"
        let text = header + "A,a,0,0,0,1,3,0,1,300,1e6,0\nA,b,0,0,1,1,3,0,1,301,1e6,0"
        let error = #expect(throws: ForceFieldError.self) {
            try GuestMolecule.molecules(parsing: text, source: "guests.csv")
        }
        #expect(error?.code == .contradiction && error?.line == 3)
    }
}
