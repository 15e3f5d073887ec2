import Penstock
import PenstockMOF
import Testing

@testable import MOFTemplate

/// Rows of zinc and oxygen along x, in a cubic cell of `edge` Å.
private func rows(edge: Double, name: String) -> StructureFile {
    let text = """
        data_rows
        _cell_length_a \(edge)
        _cell_length_b \(edge)
        _cell_length_c \(edge)
        _cell_angle_alpha 90
        _cell_angle_beta 90
        _cell_angle_gamma 90
        _space_group_name_H-M_alt 'P 1'
        loop_
        _atom_site_label
        _atom_site_type_symbol
        _atom_site_fract_x
        _atom_site_fract_y
        _atom_site_fract_z
        Zn1 Zn 0 0 0
        O1 O 0.3 0 0

        """
    return StructureFile(name: name, format: .cif, bytes: Array(text.utf8))
}

@Test("the pores of rows of atoms are what geometry says, and those that are too narrow are out")
func pores() async throws {
    let files = [rows(edge: 6.5, name: "narrow"), rows(edge: 6.9, name: "wide")]
    let screened = Collected<Candidate>()
    let structures = Flow("structures") {
        From(Generated(files.count) { number in (files[number], Timestamp(nanoseconds: Int64(number))) })
    }
    let porous = MOFTemplate.porous(structures, minPld: 6.5, by: ScreeningWorkers(1), remembers: false)
    try await Flow("table") {
        porous
        To(screened)
    }.run()
    let results = screened.values.map(\.result)
    // Between four rows a sphere passes the oxygen atoms, of a radius of 1.52 Å, half the diagonal of a face from each.
    for (result, edge) in zip(results, [6.5, 6.9]) {
        let diameter = try #require(result.poreLimitingDiameter)
        #expect(abs(diameter - (edge * 2.0.squareRoot() - 2 * 1.52)) < 0.01, "\(result.name)")
    }
    #expect(results.map(\.isFinished) == [true, false])
}
