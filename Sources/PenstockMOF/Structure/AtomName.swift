/// What the names that a CIF gives to an atom say of its element.
struct AtomName {
    /// What an atom is.
    enum Kind: Hashable {
        case element(Element)
        /// Elements that a label may mean: the first is the likelier.
        case either(Element, Element)
        /// A centroid or another site without an atom.
        case dummy
        case unknown
    }

    /// Elements that the file names elsewhere, by which labels such as `CU1` are decided; empty where it names none.
    let known: Set<Element>

    /// What types said before. Only asked by type: its order is of no account.
    private var types: [String: Kind] = [:]

    init(known: Set<Element>) { self.known = known }

    /// What the type symbol says, or the label where the type is missing or says nothing.
    mutating func kind(type: String?, label: String?) -> Kind {
        if let type {
            let kind = types[type] ?? ofType(type)
            types[type] = kind
            if kind != .unknown { return kind }
        }
        return label.map(ofLabel) ?? .unknown
    }

    /// A type symbol: an element in any case, perhaps with a charge or a number behind it, such as `Zn2+` or `C_R`.
    private func ofType(_ type: String) -> Kind {
        let letters = Self.letters(type)
        if let element = Self.element(letters) { return .element(element) }
        return Self.isDummy(letters) ? .dummy : .unknown
    }

    /// A label: an element, then anything, such as `C1A`, `Zn1`, `OW2`, `H12B`.
    private func ofLabel(_ label: String) -> Kind {
        let letters = Self.letters(label)
        guard let initial = letters.first else { return .unknown }
        let two = letters.count > 1 ? Self.element(String(letters.prefix(2))) : nil
        guard let one = Self.element(String(initial)) else {
            return two.map(Kind.element) ?? (Self.isDummy(letters) ? .dummy : .unknown)
        }
        guard let two else {
            // `Wat1` is no tungsten.
            return letters.count > 1 && letters.dropFirst().allSatisfy(\.isLowercase)
                ? .either(one, one) : .element(one)
        }
        // `Ca1` is calcium; `CA1` is, too, where the file has calcium but else the carbon that is called A.
        if letters.dropFirst().first!.isLowercase || initial.isLowercase && letters.count == 2 { return .element(two) }
        if known.contains(two) != known.contains(one) { return .element(known.contains(two) ? two : one) }
        return .either(one, two)
    }

    /// The element of this symbol in any case; deuterium and tritium are hydrogen.
    private static func element(_ symbol: String) -> Element? {
        symbol == "D" || symbol == "T" || symbol == "d" ? .hydrogen : Element(symbol: symbol)
    }

    private static func isDummy(_ letters: String) -> Bool {
        ["X", "XX", "Q", "DU", "DUM", "CG", "CENT"].contains(letters.uppercased())
    }

    private static func letters(_ name: String) -> String {
        String(name.drop { $0 == " " }.prefix { $0.isASCII && $0.isLetter })
    }
}
