import Foundation
import TestSupport

/// Folders of small crystals that the tests make up themselves, and of files that are none.
enum Structures {
    /// Zinc with another element in a cubic cell of `edge` Å.
    static func cif(edge: Double, other: String = "O", charge: Double? = nil) -> String {
        let charges = charge.map { ("_atom_site_charge\n", " \($0)", " \(-$0)") } ?? ("", "", "")
        let cell = ["a", "b", "c"].map { "_cell_length_\($0) \(edge)\n" }.joined()
        let angles = ["alpha", "beta", "gamma"].map { "_cell_angle_\($0) 90\n" }.joined()
        let tags = ["label", "type_symbol", "fract_x", "fract_y", "fract_z"].map { "_atom_site_\($0)\n" }.joined()
        return "data_x\n\(cell)\(angles)_space_group_name_H-M_alt 'P 1'\nloop_\n\(tags)\(charges.0)"
            + "Zn1 Zn 0 0 0\(charges.1)\n\(other)1 \(other) 0.3 0 0\(charges.2)\n"
    }

    /// Nine files: structures that differ, a duplicate, one in extended XYZ, one that overlaps, one that is cut off, one that is empty.
    static func write(to folder: TestFolder, _ name: String = "structures") throws {
        try FileManager.default.createDirectory(atPath: folder(name), withIntermediateDirectories: true)
        try folder.write(cif(edge: 6.5), to: "\(name)/mof-1.cif")
        try folder.write(cif(edge: 6.9), to: "\(name)/mof-2.cif")
        try folder.write(cif(edge: 6.6, other: "N"), to: "\(name)/mof-3.cif")
        try folder.write(cif(edge: 6.7, other: "S", charge: 0.3), to: "\(name)/mof-10.cif")
        try folder.write(cif(edge: 0.9), to: "\(name)/overlap.cif")
        try folder.write(String(cif(edge: 6.5).dropLast(6)), to: "\(name)/cut.cif")
        try folder.write("", to: "\(name)/empty.cif")
        try folder.write(
            "2\nLattice=\"6.4 0 0 0 6.4 0 0 0 6.4\" Properties=species:S:1:pos:R:3 pbc=\"T T T\"\nZn 0 0 0\nF 1.9 0 0\n",
            to: "\(name)/fluoride.extxyz")
        try folder.write("not a structure", to: "\(name)/readme.txt")
    }
}

/// The rows of JSON lines.
enum Rows {
    static func read(_ folder: TestFolder, _ name: String) throws -> [[String: Any]] {
        try folder.text(name).split(separator: "\n").map { line in
            try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any] ?? [:]
        }
    }
}
