/// An atom as the bonded terms of UFF see it: an element with a number of bonds.
///
/// A. K. Rappé et al., J. Am. Chem. Soc. 114 (1992) 10024, DOI 10.1021/ja00051a040, table I. The numbers are those that RDKit, Open Babel and
/// lammps_interface agree on.
struct UFFAtomType: Sendable, Hashable {
    /// What the paper calls it, such as `C_R`.
    let name: String
    /// The radius of a bond in Å.
    let radius: Double
    /// The effective charge in e.
    let charge: Double
    /// The electronegativity in eV (GMP).
    let electronegativity: Double

    /// The type with a name of the paper's.
    init?(name: String) {
        guard let known = Self.types[name] else { return nil }
        self = known
    }

    private init(name: String, _ numbers: [Double]) {
        self.name = name
        (radius, charge, electronegativity) = (numbers[0], numbers[1], numbers[2])
    }

    /// Whether it makes bonds of an order above 1 with its like.
    var isUnsaturated: Bool { Self.unsaturated.contains(name) }

    private static let unsaturated: Set<String> = [
        "B_2", "C_R", "C_1", "N_R", "N_2", "N_1", "O_R", "O_2", "S_R", "S_2",
    ]

    /// The types of an element in the order of the table.
    static func names(of element: Element) -> [String] { namesByElement[Int(element.rawValue)] }

    private static let types: [String: UFFAtomType] = {
        let rows = table.split(separator: ";").map { $0.split { $0 == " " || $0 == "\n" }.map(String.init) }
        return Dictionary(
            uniqueKeysWithValues: rows.map { ($0[0], UFFAtomType(name: $0[0], $0.dropFirst().map { Double($0)! })) })
    }()

    private static let namesByElement: [[String]] = {
        var names = [[String]](repeating: [], count: 104)
        for row in table.split(separator: ";") {
            let name = String(row.split { $0 == " " || $0 == "\n" }[0])
            // One or two letters.
            names[Int(Element(symbol: name.prefix(2).prefix { $0.isLetter })!.rawValue)].append(name)
        }
        return names
    }()

    /// Name, radius in Å, effective charge in e, electronegativity in eV.
    private static let table = """
        H_ 0.354 0.712 4.528; H_b 0.46 0.712 4.528; He4+4 0.849 0.098 9.66; Li 1.336 1.026 3.006; Be3+2 1.074 1.565 4.877; B_3 0.838 1.755 5.11;
        B_2 0.828 1.755 5.11; C_3 0.757 1.912 5.343; C_R 0.729 1.912 5.343; C_2 0.732 1.912 5.343; C_1 0.706 1.912 5.343; N_3 0.7 2.544 6.899;
        N_R 0.699 2.544 6.899; N_2 0.685 2.544 6.899; N_1 0.656 2.544 6.899; O_3 0.658 2.3 8.741; O_3_z 0.528 2.3 8.741; O_R 0.68 2.3 8.741;
        O_2 0.634 2.3 8.741; O_1 0.639 2.3 8.741; F_ 0.668 1.735 10.874; Ne4+4 0.92 0.194 11.04; Na 1.539 1.081 2.843; Mg3+2 1.421 1.787 3.951;
        Al3 1.244 1.792 4.06; Si3 1.117 2.323 4.168; P_3+3 1.101 2.863 5.463; P_3+5 1.056 2.863 5.463; P_3+q 1.056 2.863 5.463;
        S_3+2 1.064 2.703 6.928; S_3+4 1.049 2.703 6.928; S_3+6 1.027 2.703 6.928; S_R 1.077 2.703 6.928; S_2 0.854 2.703 6.928;
        Cl 1.044 2.348 8.564; Ar4+4 1.032 0.3 9.465; K_ 1.953 1.165 2.421; Ca6+2 1.761 2.141 3.231; Sc3+3 1.513 2.592 3.395; Ti3+4 1.412 2.659 3.47;
        Ti6+4 1.412 2.659 3.47; V_3+5 1.402 2.679 3.65; Cr6+3 1.345 2.463 3.415; Mn6+2 1.382 2.43 3.325; Fe3+2 1.27 2.43 3.76;
        Fe6+2 1.335 2.43 3.76; Co6+3 1.241 2.43 4.105; Ni4+2 1.164 2.43 4.465; Cu3+1 1.302 1.756 4.2; Zn3+2 1.193 1.308 5.106;
        Ga3+3 1.26 1.821 3.641; Ge3 1.197 2.789 4.051; As3+3 1.211 2.864 5.188; Se3+2 1.19 2.764 6.428; Br 1.192 2.519 7.79;
        Kr4+4 1.147 0.452 8.505; Rb 2.26 1.592 2.331; Sr6+2 2.052 2.449 3.024; Y_3+3 1.698 3.257 3.83; Zr3+4 1.564 3.667 3.4;
        Nb3+5 1.473 3.618 3.55; Mo6+6 1.467 3.4 3.465; Mo3+6 1.484 3.4 3.465; Tc6+5 1.322 3.4 3.29; Ru6+2 1.478 3.4 3.575; Rh6+3 1.332 3.5 3.975;
        Pd4+2 1.338 3.21 4.32; Ag1+1 1.386 1.956 4.436; Cd3+2 1.403 1.65 5.034; In3+3 1.459 2.07 3.506; Sn3 1.398 2.961 3.987;
        Sb3+3 1.407 2.704 4.899; Te3+2 1.386 2.882 5.816; I_ 1.382 2.65 6.822; Xe4+4 1.267 0.556 7.595; Cs 2.57 1.573 2.183;
        Ba6+2 2.277 2.727 2.814; La3+3 1.943 3.3 2.8355; Ce6+3 1.841 3.3 2.774; Pr6+3 1.823 3.3 2.858; Nd6+3 1.816 3.3 2.8685;
        Pm6+3 1.801 3.3 2.881; Sm6+3 1.78 3.3 2.9115; Eu6+3 1.771 3.3 2.8785; Gd6+3 1.735 3.3 3.1665; Tb6+3 1.732 3.3 3.018; Dy6+3 1.71 3.3 3.0555;
        Ho6+3 1.696 3.416 3.127; Er6+3 1.673 3.3 3.1865; Tm6+3 1.66 3.3 3.2514; Yb6+3 1.637 2.618 3.2889; Lu6+3 1.671 3.271 2.9629;
        Hf3+4 1.611 3.921 3.7; Ta3+5 1.511 4.075 5.1; W_6+6 1.392 3.7 4.63; W_3+4 1.526 3.7 4.63; W_3+6 1.38 3.7 4.63; Re6+5 1.372 3.7 3.96;
        Re3+7 1.314 3.7 3.96; Os6+6 1.372 3.7 5.14; Ir6+3 1.371 3.731 5; Pt4+2 1.364 3.382 4.79; Au4+3 1.262 2.625 4.894; Hg1+2 1.34 1.75 6.27;
        Tl3+3 1.518 2.068 3.2; Pb3 1.459 2.846 3.9; Bi3+3 1.512 2.47 4.69; Po3+2 1.5 2.33 4.21; At 1.545 2.24 4.75; Rn4+4 1.42 0.583 5.37;
        Fr 2.88 1.847 2; Ra6+2 2.512 2.92 2.843; Ac6+3 1.983 3.9 2.835; Th6+4 1.721 4.202 3.175; Pa6+4 1.711 3.9 2.985; U_6+4 1.684 3.9 3.341;
        Np6+4 1.666 3.9 3.549; Pu6+4 1.657 3.9 3.243; Am6+4 1.66 3.9 2.9895; Cm6+3 1.801 3.9 2.8315; Bk6+3 1.761 3.9 3.1935; Cf6+3 1.75 3.9 3.197;
        Es6+3 1.724 3.9 3.333; Fm6+3 1.712 3.9 3.4; Md6+3 1.689 3.9 3.47; No6+3 1.679 3.9 3.475; Lr6+3 1.698 3.9 3.5
        """
}
