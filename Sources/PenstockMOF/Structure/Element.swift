/// A chemical element, by its atomic number.
public struct Element: RawRepresentable, Sendable, Hashable, Comparable, CustomStringConvertible {
    /// The atomic number, 1 to 103.
    public let rawValue: UInt8

    /// The element with an atomic number; nil outside of 1 to 103.
    public init?(rawValue: UInt8) {
        guard (1...103).contains(rawValue) else { return nil }
        self.rawValue = rawValue
    }

    /// The element with a symbol, such as `Zn`, in any case; nil for no element.
    public init?(symbol: some StringProtocol) {
        let name = symbol.prefix(1).uppercased() + symbol.dropFirst().lowercased()
        guard let place = Self.symbols.firstIndex(of: name) else { return nil }
        rawValue = UInt8(place + 1)
    }

    /// The symbol, such as `Zn`.
    public var symbol: String { Self.symbols[Int(rawValue) - 1] }

    /// The symbol.
    public var description: String { symbol }

    /// By the atomic number.
    public static func < (left: Element, right: Element) -> Bool { left.rawValue < right.rawValue }

    /// Hydrogen.
    public static let hydrogen = Element(rawValue: 1)!
    /// Boron.
    public static let boron = Element(rawValue: 5)!
    /// Carbon.
    public static let carbon = Element(rawValue: 6)!
    /// Nitrogen.
    public static let nitrogen = Element(rawValue: 7)!
    /// Oxygen.
    public static let oxygen = Element(rawValue: 8)!

    private static let symbols = """
        H He Li Be B C N O F Ne Na Mg Al Si P S Cl Ar K Ca Sc Ti V Cr Mn Fe Co Ni Cu Zn Ga Ge As Se Br Kr Rb Sr Y Zr Nb Mo Tc Ru Rh Pd Ag \
        Cd In Sn Sb Te I Xe Cs Ba La Ce Pr Nd Pm Sm Eu Gd Tb Dy Ho Er Tm Yb Lu Hf Ta W Re Os Ir Pt Au Hg Tl Pb Bi Po At Rn Fr Ra Ac Th Pa \
        U Np Pu Am Cm Bk Cf Es Fm Md No Lr
        """.split(separator: " ").map(String.init)
}
