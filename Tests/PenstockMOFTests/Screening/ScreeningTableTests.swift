import PenstockMOF
import Testing

@Suite struct ScreeningTableTests {
    @Test("the columns are those of the reference, and pressures of one's own have columns of theirs")
    func columns() throws {
        let usual = [
            "name", "n_atoms", "density_g_cm3", "lcd", "pld", "asa_m2_g", "asa_accessible_m2_g", "void_fraction",
            "void_fraction_0", "void_fraction_he", "henry_mol_kg_pa", "henry_err", "qst_kj_mol",
            "henry_nocharge_mol_kg_pa", "qst_nocharge_kj_mol", "uptake_0.15bar_mol_kg", "uptake_1bar_mol_kg", "cpu_s",
            "status", "reason", "nasa_m2_g", "ess", "largest_weight_share", "converged", "flags",
        ]
        #expect(ScreeningTable().names == usual)
        let pressures = try ["1e4Pa", "1bar", "15 kPa"].map { try #require(Pressure($0)) }
        #expect(ScreeningTable(pressures: pressures).names.contains("uptake_0.1bar_mol_kg"))
        let errors = ["uptake_0.1bar_err", "uptake_1bar_err", "uptake_0.15bar_err"]
        #expect(ScreeningTable(pressures: pressures).names.count == usual.count + 4)
        #expect(ScreeningTable(pressures: pressures).names.suffix(3) == errors[...])
    }

    @Test(
        "pressures are read in any unit, and nothing else is",
        arguments: ["0", "-1bar", "bar", "1", "nanbar", "1e99bar"])
    func noPressure(_ text: String) { #expect(Pressure(text) == nil) }

    @Test("the same pressure in other units has the same name")
    func pressures() {
        for text in ["0.15bar", "15000Pa", "150 mbar", "15kPa", "0.015MPa"] {
            #expect(Pressure(text)?.description == "0.15bar", "\(text)")
        }
        #expect(Pressure("1e5Pa")?.description == "1bar")
    }

    @Test("text of any kind makes valid JSON, and what is not known is null")
    func json() {
        let result = ScreeningResult(name: "a \"b\"\\\n\u{1}é")
        let row = ScreeningTable().json(result)
        #expect(row.hasPrefix("{\"name\":\"a \\\"b\\\"\\\\\\u000a\\u0001é\",\"n_atoms\":null,"))
        #expect(!row.contains("\n"))
    }
}
