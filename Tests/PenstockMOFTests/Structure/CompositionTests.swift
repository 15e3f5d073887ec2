import PenstockMOF
import Testing

@Suite struct CompositionTests {
    @Test("formulas are in the order of Hill")
    func formula() throws {
        #expect(
            try crystal("O1 O 0 0 0\nH1 H .5 0 0\nC1 C 0 .5 0\nBr1 Br 0 0 .5\nC2 C .5 .5 .5").formula == "C2 H Br O")
        #expect(try crystal("O1 O 0 0 0\nH1 H .5 0 0\nAl1 Al 0 .5 0").formula == "Al H O")
    }

    @Test("rock salt has its mass and density")
    func density() throws {
        let fcc = "loop_ _space_group_symop_operation_xyz 'x,y,z' 'x,y+1/2,z+1/2' 'x+1/2,y,z+1/2' 'x+1/2,y+1/2,z'"
        let salt = try crystal("Na1 Na 0 0 0\nCl1 Cl .5 .5 .5", edge: 5.6402, symmetry: fcc)
        #expect(salt.formula == "Cl4 Na4")
        // 4 x (22.98976928 + 35.45) g/mol; 2.165 g/cm^3 by the CRC Handbook.
        #expect(abs(salt.molarMass - 233.759) < 1e-3)
        #expect(abs(salt.density - 2.163) < 0.003)
    }

    @Test("elements have masses, radii and kinds; carbon, hydrogen and zinc by Cordero's table")
    func elements() throws {
        let (hydrogen, zinc) = (Element.hydrogen, try #require(Element(symbol: "Zn")))
        #expect(hydrogen.covalentRadius == 0.31 && Element.carbon.covalentRadius == 0.76 && zinc.covalentRadius == 1.22)
        #expect(zinc.isMetal && !hydrogen.isMetal && abs(zinc.mass - 65.38) < 1e-9)
        for number in UInt8(1)...103 {
            let element = try #require(Element(rawValue: number))
            #expect(element.mass > 1 && (0.28...2.6).contains(element.covalentRadius))
        }
    }
}
