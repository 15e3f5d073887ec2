public import PenstockFormats

extension Crystal {
    /// The structure of a CIF with all atoms of its cell: symmetry operators applied, disorder resolved, elements and charges read.
    ///
    /// Choices that were made and doubts that are left are in `findings`. The first block with atoms is taken. Images of an atom closer than
    /// 0.15 Å are one; of disordered groups the one of highest occupancy stays; charges that are all zero count as unknown.
    /// - Parameter name: What the structure is called; the name of the file without folders and `.cif` where it is nil.
    /// - Throws: `StructureError`, by its code.
    public init(_ document: CIFDocument, name: String? = nil) throws(StructureError) {
        var reader = CrystalReader(document, structure: name ?? Self.name(of: document.name))
        self = try reader.read()
    }

    /// The structure of a CIF in memory.
    /// - Throws: `StructureError`; `wrongFormat` where the bytes are no CIF at all.
    public init(cif bytes: [UInt8], name: String) throws(StructureError) {
        let document: CIFDocument
        do { document = try CIFDocument(bytes, name: name) } catch {
            throw StructureError(
                .wrongFormat, structure: name, String(error.summary.dropFirst(name.count + 2)), hint: error.hint)
        }
        try self.init(document, name: name)
    }

    /// The crystal as a CIF in P 1, with as many digits as it takes to read the same numbers again.
    ///
    /// A CIF holds lengths and angles only: the direction of the cell in space, and whether it is left-handed, are lost.
    public var cif: CIFWriter {
        var cif = CIFWriter()
        cif.begin(name)
        let (lengths, angles) = (cell.lengths, cell.anglesDegrees)
        for (tag, value) in [("a", lengths.x), ("b", lengths.y), ("c", lengths.z)] {
            cif.item("_cell_length_\(tag)", value)
        }
        for (tag, value) in [("alpha", angles.x), ("beta", angles.y), ("gamma", angles.z)] {
            cif.item("_cell_angle_\(tag)", value)
        }
        cif.item("_cell_volume", cell.volume)
        cif.item("_chemical_formula_sum", formula)
        cif.item("_space_group_name_H-M_alt", "P 1")
        cif.item("_space_group_IT_number", "1")
        cif.loop(["_space_group_symop_operation_xyz"])
        cif.append("x,y,z")
        let hasCharges = atoms.contains { $0.charge != nil }
        cif.loop(
            ["_atom_site_label", "_atom_site_type_symbol"] + ["x", "y", "z"].map { "_atom_site_fract_\($0)" }
                + (hasCharges ? ["_atom_site_charge"] : []))
        for atom in atoms {
            cif.append(atom.label)
            cif.append(atom.element.symbol)
            for axis in 0..<3 { cif.append(atom.position[axis]) }
            if hasCharges { cif.append(atom.charge) }
        }
        return cif
    }

    /// The name of a file without folders and `.cif`.
    private static func name(of path: String) -> String {
        let file = path.split(separator: "/").last.map(String.init) ?? path
        return file.lowercased().hasSuffix(".cif") && file.count > 4 ? String(file.dropLast(4)) : file
    }
}
