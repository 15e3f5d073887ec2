import PenstockMOF
import Testing

@Suite struct CrystalReadingTests {
    @Test("elements come from types, else from labels; types of force fields and charges are stripped")
    func elements() throws {
        let names = """
            Zn1 Zn2+ .1 .1 .1
            N_a N_R .3 .1 .1
            CA1 C .5 .1 .1
            Ca1 ? .7 .1 .1
            H12B . .9 .1 .1
            D1 D .1 .3 .1
            OW2 ? .3 .3 .1
            ZN2 ? .5 .3 .1
            cl1 ? .7 .3 .1
            Cl9 CL .9 .3 .1
            """
        let read = try crystal(names)
        #expect(read.atoms.map(\.element.symbol) == ["Zn", "N", "C", "Ca", "H", "H", "O", "Zn", "Cl", "Cl"])
        #expect(read.findings.isEmpty)
    }

    @Test("a label that may mean two elements is decided by the formula, else guessed and told")
    func ambiguousLabels() throws {
        let rows = "CU1 ? .1 .1 .1\nCL1 ? .5 .5 .5"
        let known = try crystal(rows, more: "_chemical_formula_sum 'Cu Cl2'")
        #expect(known.atoms.map(\.element.symbol) == ["Cu", "Cl"] && known.findings.isEmpty)
        let guessed = try crystal(rows)
        #expect(guessed.atoms.map(\.element.symbol) == ["C", "C"])
        #expect(guessed.findings.map(\.code) == [.elementGuessed])
    }

    @Test("what is no element is an error with its line")
    func unknownElement() {
        let error = structureError { _ = try crystal("Zn1 Zn 0 0 0\nJ1 ? .5 .5 .5") }
        #expect(error?.code == .unknownElement && error?.line == 17)
    }

    @Test("images of an atom near an element of symmetry are one, but atoms that are listed apart are not")
    func merging() throws {
        let mirror = "loop_ _symmetry_equiv_pos_as_xyz 'x,y,z' '-x,y,z'"
        // 0.10 Å and 0.16 Å between the images.
        #expect(try crystal("C1 C 0.005 0 0", symmetry: mirror).atoms.count == 1)
        #expect(try crystal("C1 C 0.995 0 0", symmetry: mirror).atoms.count == 1)
        #expect(try crystal("C1 C 0.008 0 0", symmetry: mirror).atoms.count == 2)
        #expect(try crystal("C1 C 0 0 0\nC2 C .01 0 0").atoms.count == 2)
        let twice = try crystal("C1 C 0 0 0\nC2 C .9999 1 -1\nN1 N 0 0 0")
        #expect(twice.atoms.map(\.label) == ["C1", "N1"] && twice.findings.map(\.code) == [.repeatedAtoms])
    }

    @Test("a mixed site is the element of the higher occupancy")
    func mixedSite() throws {
        let mixed = try crystal("Co1 Co 0 0 0 .4\nZn1 Zn 0 0 0 .6\nO1 O .2 0 0 1", columns: ["_atom_site_occupancy"])
        #expect(mixed.atoms.map(\.label) == ["Zn1", "O1"])
        #expect(mixed.findings.map(\.code) == [.disordered, .partialOccupancy])
    }

    @Test("groups without an assembly are alternatives where their atoms are in each other's way")
    func groupsWithoutAssembly() throws {
        // Two places apart, each with two parts, numbered through as SHELXL writes them; a part 5 that is in nobody's way.
        let rows = """
            Zn1 Zn 0 0 0 1 .
            C1A C .15 0 0 .6 1
            C1B C .15 .05 0 .4 2
            C2A C 0 .5 .5 .3 3
            C2B C 0 .95 0 .35 2
            C2C C .05 .5 .5 .7 4
            O1 O .5 0 0 .5 5
            """
        let read = try crystal(rows, columns: ["_atom_site_occupancy", "_atom_site_disorder_group"])
        #expect(read.atoms.map(\.label) == ["Zn1", "C1A", "C2C", "O1"])
        #expect(read.findings.first?.code == .disordered)
    }

    @Test("atoms of partial occupancy that are bonded stay, and are told")
    func partialOccupancy() throws {
        let columns = ["_atom_site_occupancy"]
        let bonded = try crystal(
            "Zn1 Zn 0 0 0 1\nO1 O .2 0 0 .5\nO2 O .5 .5 .5 .5\nO3 O .5 0 0 0\nO4 O 0 .5 0 7", columns: columns)
        #expect(bonded.atoms.map(\.label) == ["Zn1", "O1", "O4"])
        #expect(
            bonded.findings.map(\.code) == [.occupancyZero, .occupancyInvalid, .partialSolvent, .partialOccupancy])
        #expect(bonded.findings.last?.atoms == [1])
    }

    @Test("charges come from the atoms or from their types; all zero is none; gaps are told")
    func charges() throws {
        let column = ["_atom_site_charge"]
        #expect(try crystal("C1 C 0 0 0 0\nC2 C .5 0 0 0.0", columns: column).hasCharges == false)
        let gap = try crystal("C1 C 0 0 0 .5\nC2 C .5 0 0 ?", columns: column)
        #expect(gap.atoms.map(\.charge) == [0.5, nil] && gap.findings.map(\.code) == [.chargesIncomplete])
        let typed = try crystal(
            "Zn1 Zn 0 0 0\nO1 O .5 0 0", more: "loop_ _atom_type_symbol _atom_type_partial_charge Zn 1.5 O -1.5")
        #expect(typed.atoms.map(\.charge) == [1.5, -1.5] && typed.findings.isEmpty)
        #expect(structureError { _ = try crystal("C1 C 0 0 0 plus", columns: column) }?.code == .invalidNumber)
    }

    @Test("Cartesian coordinates are relative to the matrix that the file gives")
    func cartesian() throws {
        let cell =
            "_cell_length_a 5 _cell_length_b 6 _cell_length_c 7 _cell_angle_alpha 90 _cell_angle_beta 90 _cell_angle_gamma 90"
        // a along y, b along z, c along x.
        let matrix = """
            _atom_sites_Cartn_tran_matrix_11 0 _atom_sites_Cartn_tran_matrix_12 0 _atom_sites_Cartn_tran_matrix_13 7
            _atom_sites_Cartn_tran_matrix_21 5 _atom_sites_Cartn_tran_matrix_22 0 _atom_sites_Cartn_tran_matrix_23 0
            _atom_sites_Cartn_tran_matrix_31 0 _atom_sites_Cartn_tran_matrix_32 6 _atom_sites_Cartn_tran_matrix_33 0
            _atom_sites_Cartn_tran_vector_1 1
            """
        let atom = "loop_ _atom_site_label _atom_site_Cartn_x _atom_site_Cartn_y _atom_site_Cartn_z Zn1 4.5 1.25 1.5"
        let text = "data_x _symmetry_equiv_pos_as_xyz x,y,z \(cell)\n\(matrix)\n\(atom)"
        let read = try Crystal(cif: Array(text.utf8), name: "x")
        let apart = read.atoms[0].position - SIMD3(0.25, 0.25, 0.5)
        #expect((apart * apart).sum() < 1e-24 && read.findings.map(\.code) == [.cartesianCoordinates])
    }

    @Test("symmetry is generated, missed or doubted aloud, never taken for P 1 in silence")
    func symmetry() throws {
        let atom = "Zn1 Zn .03 .12 .21"
        #expect(try crystal(atom, symmetry: "").findings.map(\.code) == [.symmetryMissing])
        #expect(try crystal(atom, symmetry: "_space_group_name_H-M_alt 'P 1'").findings.isEmpty)
        let named = try crystal(atom, symmetry: "_space_group_name_H-M_alt 'F m -3 m'")
        #expect(named.atoms.count == 192 && named.findings.map(\.code) == [.symmetryGenerated])
        let contradicting = try crystal(
            atom, symmetry: "_space_group_IT_number 225 _space_group_symop_operation_xyz x,y,z")
        #expect(contradicting.atoms.count == 1 && contradicting.findings.map(\.code) == [.symmetryContradicts])
        let lacking = try crystal(atom, symmetry: "_space_group_symop_operation_xyz -x,-y,-z")
        #expect(lacking.atoms.count == 2 && lacking.findings.map(\.code) == [.identityMissing])
        for unsure in ["'F d -3 m'", "'P 6/m m m'", "'Q 7'"] {
            // The choice of origin is not told, the cell is not hexagonal, there is no such group.
            let error = structureError { _ = try crystal(atom, symmetry: "_space_group_name_H-M_alt \(unsure)") }
            #expect(error?.code == .unknownSymmetry)
        }
        let wrong = structureError { _ = try crystal(atom, symmetry: "_space_group_symop_operation_xyz 'x,y'") }
        #expect(wrong?.code == .invalidOperator && wrong?.line == 8)
    }

    @Test("more operators than any space group has are refused before they are applied")
    func tooManyOperators() {
        let list = "loop_ _symmetry_equiv_pos_as_xyz" + (0..<2000).map { " x+\(Double($0) / 2000),y,z" }.joined()
        let error = structureError { _ = try crystal("C1 C 0 0 0", symmetry: list) }
        #expect(error?.code == .invalidOperator)
    }

    @Test("cells and coordinates beyond all crystals are refused")
    func limits() {
        #expect(structureError { _ = try crystal("C1 C 0 0 0", edge: 0.4) }?.code == .impossibleCell)
        #expect(structureError { _ = try crystal("C1 C 0 0 0", edge: 1e300) }?.code == .impossibleCell)
        #expect(structureError { _ = try crystal("C1 C 1e300 0 0") }?.code == .invalidNumber)
        #expect(structureError { _ = try crystal("C1 C abc 0 0") }?.code == .invalidNumber)
        #expect(structureError { _ = try crystal("X1 X 0 0 0\nC1 C ? 0 0") }?.code == .noAtoms)
    }

    @Test("any change of a file's bytes gives a structure or an error", arguments: 0..<200 as Range<UInt64>)
    func anyBytes(seed: UInt64) throws {
        var state = seed &+ 1
        func random(_ count: Int) -> Int {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return Int(state >> 33) % count
        }
        let text = """
            data_x _cell_length_a 5 _cell_length_b 6 _cell_length_c 7 _cell_angle_alpha 90 _cell_angle_beta 95 _cell_angle_gamma 90
            _space_group_name_H-M_alt 'P 21/c' loop_ _symmetry_equiv_pos_as_xyz 'x,y,z' '-x,1/2+y,-z'
            loop_ _atom_site_label _atom_site_type_symbol _atom_site_fract_x _atom_site_fract_y _atom_site_fract_z
            _atom_site_occupancy _atom_site_charge Zn1 Zn .1 .2 .3 1 1.5 O1 O2- .3 .2 .3 .5 -1.5 C1 C .5 .5 .5 1 ?
            """
        var bytes = Array(text.utf8)
        for _ in 0...random(8) {
            switch random(3) {
            case 0: bytes[random(bytes.count)] = UInt8(random(256))
            case 1: bytes.remove(at: random(bytes.count))
            default: bytes.insert(UInt8(ascii: "0") + UInt8(random(10)), at: random(bytes.count))
            }
        }
        guard let read = try? Crystal(cif: bytes, name: "seed \(seed)") else { return }
        let report = read.validity()
        #expect(read.density.isFinite && (report.bonds != nil || report.outcome == .reject), "seed \(seed)")
    }
}
