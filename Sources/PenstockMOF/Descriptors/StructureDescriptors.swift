/// One vector of numbers for a structure, with the same named components for all structures: what surrogates learn from.
public struct StructureDescriptors: Sendable, Hashable {
    /// The radial distributions, of the same distances and width.
    public let distributions: [RadialDistribution]
    /// The symmetry functions; nil for none.
    public let symmetryFunctions: SymmetryFunctions?
    /// Whether density and the geometry of the pores are part of it.
    public let includesGeometry: Bool

    /// A choice of descriptors.
    public init(
        distributions: [RadialDistribution] = [
            RadialDistribution(.one), RadialDistribution(.electronegativity), RadialDistribution(.volume),
        ], symmetryFunctions: SymmetryFunctions? = SymmetryFunctions(), includesGeometry: Bool = true
    ) {
        self.distributions = distributions
        self.symmetryFunctions = symmetryFunctions
        self.includesGeometry = includesGeometry
    }

    /// The names of the components, in their order.
    public var names: [String] {
        distributions.flatMap(\.names) + (symmetryFunctions?.names ?? []) + (includesGeometry ? Self.geometryNames : [])
    }

    /// The components of a structure: all finite.
    /// - Parameter geometry: Its pores, where they are known already; else they are measured where they are asked for.
    public func values(of crystal: Crystal, geometry: PoreGeometry? = nil) -> [Double] {
        var values: [Double] = []
        if !distributions.isEmpty {
            values += RadialDistribution.values(of: crystal, for: distributions).flatMap { $0 }
        }
        values += symmetryFunctions?.values(of: crystal) ?? []
        guard includesGeometry else { return values }
        return values + [crystal.density] + Self.values(of: geometry ?? PoreGeometry(of: crystal))
    }

    private static let geometryNames = [
        "density_g_cm3", "lcd", "pld", "lfpd", "asa_m2_g", "asa_m2_cm3", "asa_accessible_m2_g", "void_fraction",
        "void_fraction_accessible", "void_fraction_0", "channel_dimensionality",
    ]

    private static func values(of geometry: PoreGeometry?) -> [Double] {
        guard let geometry else { return [Double](repeating: 0, count: geometryNames.count - 1) }
        return [
            geometry.largestCavityDiameter, geometry.poreLimitingDiameter, geometry.largestFreePathDiameter,
            geometry.surfaceSquareMetresPerGram, geometry.surfaceSquareMetresPerCubicCentimetre,
            geometry.accessibleSurfaceSquareMetresPerGram, geometry.voidFraction, geometry.accessibleVoidFraction,
            geometry.pointProbeVoidFraction, Double(geometry.channels.map(\.dimensionality).max() ?? 0),
        ]
    }
}
