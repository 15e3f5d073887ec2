import Foundation
import PenstockFormats
import PenstockMOF
import TestSupport

/// Real structures, and tables about them.
enum SampleData {
    /// The structure of one of the 54 files.
    static func crystal(_ name: String) throws -> Crystal {
        try Crystal(try CIFDocument(opening: "\(SharedData.mof.folder!)/cif/\(name).cif"))
    }

    /// The rows of a table by the names of its columns.
    static func rows(_ file: String) throws -> [[String: String]] {
        var table = try CSVReader(opening: "\(SharedData.mof.folder!)/\(file)")
        var rows: [[String: String]] = []
        while try table.next() {
            rows.append(
                Dictionary(uniqueKeysWithValues: table.columns.enumerated().map { ($1, table.string($0)) }))
        }
        return rows
    }
}

/// The structure of a CIF in P 1 in a cube; rows are `label type x y z` and more columns.
func crystal(
    _ rows: String, columns: [String] = [], edge: Double = 10, symmetry: String = "_symmetry_equiv_pos_as_xyz x,y,z",
    more: String = ""
) throws -> Crystal {
    let edges = ["a", "b", "c"].map { "_cell_length_\($0) \(edge)" }
    let angles = ["alpha", "beta", "gamma"].map { "_cell_angle_\($0) 90" }
    let tags = ["label", "type_symbol", "fract_x", "fract_y", "fract_z"].map { "_atom_site_\($0)" } + columns
    let lines = ["data_x"] + edges + angles + [symmetry, more, "loop_"] + tags + [rows]
    return try Crystal(cif: Array(lines.joined(separator: "\n").utf8), name: "x")
}

/// The error that `body` throws, or nil.
func structureError(_ body: () throws -> Void) -> StructureError? {
    do { try body() } catch { return error as? StructureError }
    return nil
}
