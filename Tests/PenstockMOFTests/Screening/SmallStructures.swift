import PenstockMOF

/// Structures of a few atoms in cells of a few Å, so that a screening takes no time.
enum SmallStructures {
    /// Zinc and oxygen in a cubic cell of `edge` Å, with or without charges of ±`charge` e.
    static func cif(edge: Double = 6.5, other: String = "O", charge: Double? = nil) -> String {
        let charges = charge.map { ("_atom_site_charge\n", " \($0)", " \(-$0)") } ?? ("", "", "")
        return """
            data_small
            _cell_length_a \(edge)
            _cell_length_b \(edge)
            _cell_length_c \(edge)
            _cell_angle_alpha 90
            _cell_angle_beta 90
            _cell_angle_gamma 90
            _space_group_name_H-M_alt 'P 1'
            loop_
            _space_group_symop_operation_xyz
            x,y,z
            loop_
            _atom_site_label
            _atom_site_type_symbol
            _atom_site_fract_x
            _atom_site_fract_y
            _atom_site_fract_z
            \(charges.0)Zn1 Zn 0 0 0\(charges.1)
            \(other)1 \(other) 0.3 0 0\(charges.2)

            """
    }

    /// The metal, of which the atoms touch.
    static let copper = """
        data_copper
        _cell_length_a 3.615
        _cell_length_b 3.615
        _cell_length_c 3.615
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
        Cu1 Cu 0 0 0
        Cu2 Cu 0 0.5 0.5
        Cu3 Cu 0.5 0 0.5
        Cu4 Cu 0.5 0.5 0

        """

    static func file(_ name: String, _ text: String) -> StructureFile {
        StructureFile(name: name, format: .cif, bytes: Array(text.utf8))
    }
}
