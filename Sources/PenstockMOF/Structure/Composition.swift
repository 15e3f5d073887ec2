extension Crystal {
    /// How many atoms of each element a cell has, in the order of E. A. Hill, Journal of the American Chemical Society 22 (1900) 478,
    /// DOI 10.1021/ja02046a005: carbon, hydrogen, then the others by their symbols; without carbon all by their symbols.
    public var composition: [(element: Element, count: Int)] {
        var counts = [Int](repeating: 0, count: 104)
        for atom in atoms { counts[Int(atom.element.rawValue)] += 1 }
        let hasCarbon = counts[Int(Element.carbon.rawValue)] > 0
        func rank(_ element: Element) -> Int {
            hasCarbon && element == .carbon ? 0 : hasCarbon && element == .hydrogen ? 1 : 2
        }
        return (1...103).compactMap { number in
            let count = counts[number]
            return count == 0 ? nil : (Element(rawValue: UInt8(number))!, count)
        }.sorted { (rank($0.element), $0.element.symbol) < (rank($1.element), $1.element.symbol) }
    }

    /// The formula of a cell in the order of Hill, such as `C192 H96 O104 Zn32`; a count of 1 is not written.
    public var formula: String {
        composition.map { $0.count == 1 ? $0.element.symbol : "\($0.element.symbol)\($0.count)" }.joined(separator: " ")
    }

    /// The mass of a mole of cells in g/mol.
    public var molarMass: Double { composition.reduce(0) { $0 + Double($1.count) * $1.element.mass } }

    /// The density in g/cm^3.
    public var density: Double { molarMass / (0.602214076 * cell.volume) }
}
