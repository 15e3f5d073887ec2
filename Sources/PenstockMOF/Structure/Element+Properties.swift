extension Element {
    /// The mass of a mole of atoms in g/mol: the abridged standard atomic weight (T. Prohaska et al., Pure and Applied Chemistry 94 (2022)
    /// 573, DOI 10.1515/pac-2019-0603), that of the longest-lived isotope where there is none.
    public var mass: Double { ElementProperties.of[Int(rawValue)].mass }

    /// The radius in Å of an atom that is bonded covalently (B. Cordero et al., Dalton Transactions (2008) 2832, DOI 10.1039/b801115j): carbon
    /// of three and four bonds, manganese, iron and cobalt of low spin. Curium's stands for berkelium to lawrencium, which have none there.
    public var covalentRadius: Double { ElementProperties.of[Int(rawValue)].covalentRadius }

    /// Whether it is a metal: all but hydrogen, the noble gases, the halogens, B, C, N, O, Si, P, S, Ge, As, Se and Te.
    public var isMetal: Bool { ElementProperties.of[Int(rawValue)].isMetal }

    /// Whether it is scandium, yttrium or a lanthanide.
    public var isRareEarth: Bool { rawValue == 21 || rawValue == 39 || (57...71).contains(rawValue) }
}

/// What is known of an element.
private struct ElementProperties {
    let mass, covalentRadius: Double
    let isMetal: Bool

    /// By atomic number; the place 0 is hydrogen's, too, and not used.
    static let of: [ElementProperties] = {
        let rows = table.split(separator: ";").map { $0.split { $0 == " " || $0 == "\n" } }
        let elements = rows.enumerated().map { place, row in
            precondition(Element(rawValue: UInt8(place + 1))!.symbol == row[0])
            let radius = row[2] == "-" ? 1.69 : Double(row[2])!
            return ElementProperties(
                mass: Double(row[1])!, covalentRadius: radius, isMetal: !nonmetals.contains(String(row[0])))
        }
        return [elements[0]] + elements
    }()

    private static let nonmetals: Set<String> = [
        "H", "He", "B", "C", "N", "O", "F", "Ne", "Si", "P", "S", "Cl", "Ar", "Ge", "As", "Se", "Br", "Kr", "Te", "I",
        "Xe",
        "At", "Rn",
    ]

    /// Symbol, mass in g/mol, covalent radius in Å.
    private static let table = """
        H 1.008 0.31; He 4.0026 0.28; Li 6.94 1.28; Be 9.0122 0.96; B 10.81 0.84; C 12.011 0.76; N 14.007 0.71; O 15.999 0.66;
        F 18.9984 0.57; Ne 20.1797 0.58; Na 22.9898 1.66; Mg 24.305 1.41; Al 26.9815 1.21; Si 28.085 1.11; P 30.9738 1.07;
        S 32.06 1.05; Cl 35.45 1.02; Ar 39.948 1.06; K 39.0983 2.03; Ca 40.078 1.76; Sc 44.9559 1.70; Ti 47.867 1.60;
        V 50.9415 1.53; Cr 51.9961 1.39; Mn 54.938 1.39; Fe 55.845 1.32; Co 58.9332 1.26; Ni 58.6934 1.24; Cu 63.546 1.32;
        Zn 65.38 1.22; Ga 69.723 1.22; Ge 72.63 1.20; As 74.9216 1.19; Se 78.971 1.20; Br 79.904 1.20; Kr 83.798 1.16;
        Rb 85.4678 2.20; Sr 87.62 1.95; Y 88.9058 1.90; Zr 91.224 1.75; Nb 92.9064 1.64; Mo 95.95 1.54; Tc 97.9072 1.47;
        Ru 101.07 1.46; Rh 102.906 1.42; Pd 106.42 1.39; Ag 107.868 1.45; Cd 112.414 1.44; In 114.818 1.42; Sn 118.71 1.39;
        Sb 121.76 1.39; Te 127.6 1.38; I 126.904 1.39; Xe 131.293 1.40; Cs 132.905 2.44; Ba 137.327 2.15; La 138.905 2.07;
        Ce 140.116 2.04; Pr 140.908 2.03; Nd 144.242 2.01; Pm 144.913 1.99; Sm 150.36 1.98; Eu 151.964 1.98; Gd 157.25 1.96;
        Tb 158.925 1.94; Dy 162.5 1.92; Ho 164.93 1.92; Er 167.259 1.89; Tm 168.934 1.90; Yb 173.054 1.87; Lu 174.967 1.87;
        Hf 178.49 1.75; Ta 180.948 1.70; W 183.84 1.62; Re 186.207 1.51; Os 190.23 1.44; Ir 192.217 1.41; Pt 195.084 1.36;
        Au 196.967 1.36; Hg 200.592 1.32; Tl 204.38 1.45; Pb 207.2 1.46; Bi 208.98 1.48; Po 208.982 1.40; At 209.987 1.50;
        Rn 222.018 1.50; Fr 223.02 2.60; Ra 226.025 2.21; Ac 227.028 2.15; Th 232.038 2.06; Pa 231.036 2.00; U 238.029 1.96;
        Np 237.048 1.90; Pu 244.064 1.87; Am 243.061 1.80; Cm 247.07 1.69; Bk 247.07 -; Cf 251.08 -; Es 252.083 -;
        Fm 257.095 -; Md 258.098 -; No 259.101 -; Lr 262.11 -
        """
}
