import Foundation
import TestSupport
import Testing

@Suite(.enabled(if: SharedData.mof.folder != nil, "\(SharedData.mof.missing)"))
struct OddFileTests {
    /// As `expected.csv` of the folder says.
    private static let expected: [String: Set<String>] = [
        "partial_occupancy_disorder": ["flagged"], "missing_symmetry_ops": ["failed", "flagged"],
        "question_marks": ["flagged"], "two_blocks": ["flagged"], "truncated_loop": ["failed"], "no_cell": ["failed"],
        "crlf_tabs_case": ["ok", "flagged"], "special_positions": ["ok", "flagged"], "overlapping_atoms": ["rejected"],
        "charged_framework": ["flagged", "rejected"], "empty": ["failed"], "not_a_cif": ["failed"],
        "cartesian_only": ["failed", "flagged"], "no_data_header": ["ok", "flagged"], "deuterium_dummy": ["flagged"],
        "degenerate_cell": ["failed"],
    ]

    @Test("every odd file has a row, and none stops the run")
    func rows() throws {
        let folder = try TestFolder()
        let odd = try #require(SharedData.mof.folder) + "/odd"
        let outcome = try Program.run("run", "--input", odd, "--insertions", "100", in: folder)
        try #require(outcome.status == 0, "\(outcome.errors)")
        let rows = try Rows.read(folder, "results.jsonl")
        #expect(rows.count == Self.expected.count)
        for row in rows {
            let name = row["name"] as? String ?? ""
            let status = row["status"] as? String ?? ""
            // A structure that the screen rejects, such as a fragment of a crystal, has a row as well.
            #expect(Self.expected[name]?.contains(status) == true, "\(name) is \(status): \(row["reason"] ?? "")")
        }
    }
}
