import PenstockFormats
import PenstockMOF
import TestSupport
import Testing

/// Reads the 54 structures and the 16 odd files; the expected values come from the tables beside them, made with other programs.
@Suite(.enabled(if: SharedData.mof.folder != nil, "\(SharedData.mof.missing)"))
struct SampleStructureTests {
    @Test("all structures have the atoms, volume, density, formula and charge of the index")
    func index() throws {
        let rows = try SampleData.rows("cif_index.csv")
        #expect(rows.count == 54)
        for row in rows {
            let name = String(row["file"]!.dropLast(4))
            let crystal = try SampleData.crystal(name)
            #expect(crystal.name == name)
            #expect(crystal.atoms.count == Int(row["n_atoms_P1"]!)!, "\(name)")
            #expect(abs(crystal.cell.volume - Double(row["volume_A3"]!)!) < 6e-4, "\(name)")
            #expect(abs(crystal.density - Double(row["density_g_cm3"]!)!) < 1.1e-5, "\(name)")
            #expect(crystal.hasCharges == (row["has_charges"] == "yes"), "\(name)")
            #expect(abs(crystal.netCharge - Double(row["net_charge_e"]!)!) < 1e-4, "\(name)")
            // The index has the elements in the order of the alphabet and writes a count of 1.
            let formula = row["formula_cell"]!.split(separator: " ").sorted()
            let counts = crystal.composition.map { Substring("\($0.element)\($0.count)") }
            #expect(counts.sorted() == formula, "\(name)")
        }
    }

    @Test("every odd file has its expected outcome")
    func odd() throws {
        let rows = try SampleData.rows("odd/expected.csv")
        #expect(rows.count == 16)
        for row in rows {
            let (file, outcome) = (row["file"]!, row["outcome"]!)
            let path = SharedData.mof.folder! + "/odd/" + file
            guard outcome != "error" else {
                #expect(throws: (any Error).self, "\(file)") { _ = try Crystal(try CIFDocument(opening: path)) }
                continue
            }
            let crystal = try Crystal(try CIFDocument(opening: path))
            if let count = Int(row["n_atoms_P1"]!) { #expect(crystal.atoms.count == count, "\(file)") }
            let severities = Set(crystal.findings.map(\.severity))
            switch outcome {
            case "ok", "ok_first_with_atoms", "error_or_convert": #expect(!severities.contains(.warning), "\(file)")
            case "warn", "error_or_generate": #expect(severities.contains(.warning), "\(file)")
            case "flag_disordered": #expect(crystal.findings.contains { $0.code == .disordered })
            case "reject_validity": #expect(crystal.validity().outcome == .reject)
            case "warn_or_reject": #expect(crystal.validity().contains(.netCharge))
            default: Issue.record("the table has a new outcome: \(outcome)")
            }
        }
    }

    @Test("errors of the odd files say what is wrong by their codes")
    func errors() throws {
        let codes: [(String, StructureError.Code)] = [
            ("truncated_loop", .unfilledLoop), ("no_cell", .missingCell), ("degenerate_cell", .impossibleCell),
        ]
        for (file, code) in codes {
            let document = try CIFDocument(opening: SharedData.mof.folder! + "/odd/\(file).cif")
            #expect(structureError { _ = try Crystal(document) }?.code == code)
        }
        for file in ["empty", "not_a_cif"] {
            #expect(throws: FormatError.self) { try CIFDocument(opening: SharedData.mof.folder! + "/odd/\(file).cif") }
        }
    }

    @Test("disordered atoms and solvent are left out and named")
    func disorder() throws {
        let path = SharedData.mof.folder! + "/odd/partial_occupancy_disorder.cif"
        let crystal = try Crystal(try CIFDocument(opening: path))
        #expect(crystal.atoms.map(\.label) == ["Zn1", "C1A", "N1A"])
        #expect(crystal.findings.map(\.code) == [.disordered, .partialSolvent])
        #expect(crystal.findings.map(\.severity) == [.flag, .warning])
        #expect(crystal.findings[0].summary.contains("C1B, N1B") && crystal.findings[1].summary.contains("O1W"))
    }

    @Test("what is written is read again as the same structure, for all structures")
    func roundTrip() throws {
        for row in try SampleData.rows("cif_index.csv") {
            let crystal = try SampleData.crystal(String(row["file"]!.dropLast(4)))
            let cif = try Crystal(cif: Array(crystal.cif.text.utf8), name: crystal.name)
            #expect(cif.atoms == crystal.atoms && cif.findings.isEmpty, "\(crystal.name)")
            let xyz = try Crystal(extendedXYZ: Array(crystal.extendedXYZ.utf8), name: crystal.name)
            #expect(xyz.cell == crystal.cell && xyz.atoms.map(\.element) == crystal.atoms.map(\.element))
            #expect(xyz.atoms.map(\.charge) == crystal.atoms.map { crystal.hasCharges ? $0.charge : nil })
            for (edge, other) in zip(
                [cif.cell.a, cif.cell.b, cif.cell.c], [crystal.cell.a, crystal.cell.b, crystal.cell.c])
            {
                #expect(((edge - other) * (edge - other)).sum() < 1e-20, "\(crystal.name)")
            }
        }
    }
}
