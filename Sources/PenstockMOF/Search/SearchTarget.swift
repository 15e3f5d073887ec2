internal import Foundation

/// What a search looks for: the number by which frameworks are ranked, higher is better.
public enum SearchTarget: Sendable, Hashable {
    /// The Henry coefficient.
    case henryCoefficient
    /// The heat of adsorption at zero loading.
    case heatOfAdsorption
    /// The surface in m^2/g, accessible and not: needs no energies.
    case surface
    /// The share of the cell for the centre of the probe: needs no energies.
    case voidFraction
    /// The density in g/cm^3, which takes nothing but the validity screen: to try a search out.
    case density
    /// The loading at a pressure.
    case uptake(Pressure)
    /// The loading at the first pressure less that at the second.
    case workingCapacity(Pressure, Pressure)

    /// The number of a structure; nil where its screening did not come to it, or ended before.
    public func value(_ result: ScreeningResult) -> Double? {
        guard !result.isFinished else { return nil }
        switch self {
        case .henryCoefficient: return result.henryCoefficient
        case .heatOfAdsorption: return result.heatOfAdsorption
        case .surface: return result.surface
        case .voidFraction: return result.voidFraction
        case .density: return result.density
        case .uptake(let pressure): return result.uptake(at: pressure)?.loading
        case .workingCapacity(let high, let low):
            guard let more = result.uptake(at: high)?.loading, let less = result.uptake(at: low)?.loading else {
                return nil
            }
            return more - less
        }
    }

    /// What a surrogate learns: the number itself, and of a Henry coefficient, which spans powers of ten, the decimal logarithm. Nil for none.
    public func learned(_ result: ScreeningResult) -> Double? {
        guard let value = value(result) else { return nil }
        guard self == .henryCoefficient else { return value }
        return value > 0 ? log10(value) : nil
    }

    /// Whether the tier at zero loading has to run.
    public var needsEnergies: Bool { needsPores && self != .surface && self != .voidFraction }

    /// Whether the tier of the pores has to run.
    public var needsPores: Bool { self != .density }
}

extension SearchTarget: CustomStringConvertible {
    /// The number in words.
    public var description: String {
        switch self {
        case .henryCoefficient: "Henry coefficient"
        case .heatOfAdsorption: "heat of adsorption"
        case .surface: "surface"
        case .voidFraction: "void fraction"
        case .density: "density"
        case .uptake(let pressure): "loading at \(pressure)"
        case .workingCapacity(let high, let low): "working capacity between \(low) and \(high)"
        }
    }

    /// The column of the tables and the unit for plots.
    var quantity: Quantity {
        switch self {
        case .henryCoefficient: .henry
        case .heatOfAdsorption: .heat
        case .surface: .surface
        case .voidFraction:
            Quantity(column: "void_fraction", name: "Void fraction", unit: "", isLogarithmic: false)
        case .density: .density
        case .uptake(let pressure):
            Quantity(
                column: "uptake_\(pressure)_mol_kg", name: "Loading at \(pressure.written)", unit: "mol/kg",
                isLogarithmic: false)
        case .workingCapacity:
            Quantity(column: SearchTable.valueColumn, name: "Working capacity", unit: "mol/kg", isLogarithmic: false)
        }
    }
}
