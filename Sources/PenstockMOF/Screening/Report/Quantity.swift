/// A column of results that is plotted.
struct Quantity: Sendable {
    let column: String
    let name: String
    let unit: String
    let isLogarithmic: Bool

    static let henry = Quantity(
        column: "henry_mol_kg_pa", name: "Henry coefficient", unit: "mol/(kg Pa)", isLogarithmic: true)
    static let heat = Quantity(
        column: "qst_kj_mol", name: "Heat of adsorption", unit: "kJ/mol", isLogarithmic: false)
    static let poreLimitingDiameter = Quantity(
        column: "pld", name: "Pore limiting diameter", unit: "Å", isLogarithmic: false)
    static let largestCavityDiameter = Quantity(
        column: "lcd", name: "Largest cavity diameter", unit: "Å", isLogarithmic: false)
    static let surface = Quantity(column: "asa_m2_g", name: "Surface", unit: "m²/g", isLogarithmic: false)
    static let heliumVoidFraction = Quantity(
        column: "void_fraction_he", name: "Helium void fraction", unit: "", isLogarithmic: false)
    static let density = Quantity(column: "density_g_cm3", name: "Density", unit: "g/cm³", isLogarithmic: false)

    /// The name within a sentence; that of a person keeps its capital.
    var sentenceName: String { column == Self.henry.column ? name : name.prefix(1).lowercased() + name.dropFirst() }

    /// The name with its unit.
    var title: String { unit.isEmpty ? name : "\(name) / \(unit)" }
}
