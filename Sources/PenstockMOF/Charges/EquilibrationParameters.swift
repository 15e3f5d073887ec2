/// How an element takes part in charge equilibration: the energy of its free atom as a parabola in the charge q, E = X q + ½ J q².
struct EquilibrationParameters: Sendable, Hashable {
    /// Electronegativity X at charge 0 of the parabola, in eV/e.
    let electronegativity: Double
    /// Hardness J in eV/e^2, above zero.
    let hardness: Double

    /// The parabola around a charge through the energies that it takes to come to it from one electron more, and to go on to one electron less, in eV.
    init(charge: Int, gained lower: Double, lost upper: Double) {
        hardness = upper - lower
        electronegativity = (upper + lower) / 2 - Double(charge) * hardness
    }

    /// The parameters of an element; nil where there are none.
    static func of(_ element: Element) -> EquilibrationParameters? { byElement[element] }

    /// The elements that there are parameters of.
    static var elements: [Element] { byElement.keys.sorted() }

    private static let byElement: [Element: EquilibrationParameters] = {
        let rows = table.split(whereSeparator: \.isNewline).map { $0.split(separator: ",") }
        return Dictionary(
            uniqueKeysWithValues: rows.map { row in
                guard let element = Element(symbol: row[0]), let charge = Int(row[1]), let lower = Double(row[2]),
                    let upper = Double(row[3])
                else { preconditionFailure("the table has an element, an integer and two numbers in a row") }
                return (element, EquilibrationParameters(charge: charge, gained: lower, lost: upper))
            })
    }()

    /// Element, usual charge n in e, ionization energies I(n) and I(n+1) in eV, where I(0) is the electron affinity.
    ///
    /// Ionization energies: A. Kramida, Yu. Ralchenko, J. Reader and the NIST ASD Team, NIST Atomic Spectra Database, DOI 10.18434/T4W30F. Electron
    /// affinities: T. Andersen, H. K. Haugen, H. Hotop, Journal of Physical and Chemical Reference Data 28 (1999) 1511, DOI 10.1063/1.556047; that
    /// of hydrogen is the -2 eV that the method takes instead of 0.754. Usual charges are 0 for nonmetals; for magnesium, vanadium, cobalt, nickel,
    /// copper and zinc those of the method's authors, for other metals those that are most common in compounds.
    ///
    /// Each energy is within 1.5 % of one from another source; elements without such are left out, as molybdenum, barium, terbium, hafnium, tungsten
    /// and noble gases. The table of the authors' program is older (C. E. Moore, 1970). It differs by 0.1 eV or less, but for gallium, strontium,
    /// yttrium, zirconium, indium, caesium, cerium, ytterbium, gold and mercury, which have newer values.
    private static let table = """
        H,0,-2,13.598
        Li,1,5.392,75.640
        Be,2,18.211,153.896
        B,0,0.280,8.298
        C,0,1.262,11.260
        N,0,-0.070,14.534
        O,0,1.461,13.618
        F,0,3.401,17.423
        Na,1,5.139,47.286
        Mg,2,15.035,80.144
        Al,3,28.448,119.992
        Si,0,1.390,8.152
        P,0,0.747,10.487
        S,0,2.077,10.360
        Cl,0,3.613,12.968
        K,1,4.341,31.625
        Ca,2,11.872,50.913
        Sc,3,24.757,73.489
        Ti,4,43.267,99.299
        V,4,46.709,65.282
        Cr,3,30.959,49.160
        Mn,2,15.640,33.668
        Fe,2,16.199,30.651
        Co,2,17.084,33.500
        Ni,2,18.169,35.187
        Cu,2,20.292,36.841
        Zn,2,17.964,39.723
        Ga,3,30.726,63.241
        Ge,0,1.233,7.899
        As,0,0.814,9.789
        Se,0,2.021,9.752
        Br,0,3.364,11.814
        Rb,1,4.177,27.290
        Sr,2,11.030,42.884
        Y,3,20.524,60.607
        Zr,4,34.418,80.348
        Ru,2,16.760,28.470
        Rh,2,18.080,31.060
        Pd,2,19.430,32.930
        Ag,1,7.576,21.484
        Cd,2,16.908,37.468
        In,3,28.044,55.450
        Sn,2,14.633,30.506
        Sb,0,1.047,8.608
        Te,0,1.971,9.010
        I,0,3.059,10.451
        Cs,1,3.894,23.157
        La,3,19.177,49.950
        Ce,3,20.197,36.906
        Pr,3,21.624,38.981
        Nd,3,22.090,40.600
        Sm,3,23.550,41.640
        Eu,3,24.840,42.940
        Gd,3,20.540,44.440
        Dy,3,22.890,41.230
        Ho,3,22.790,42.520
        Er,3,22.700,42.420
        Tm,3,23.660,42.410
        Yb,3,25.053,43.610
        Lu,3,20.959,45.249
        Au,1,9.226,20.203
        Hg,2,18.757,34.490
        Tl,1,6.108,20.428
        Pb,2,15.032,31.937
        Bi,3,25.571,45.370
        """
}
