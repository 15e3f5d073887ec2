/// The geometry of the pores: diameters, surface and void fractions.
public struct PoreTier: ScreeningTier {
    private let probeRadius: Double
    private let pointsPerAtom: Int?
    private let seed: UInt64

    /// Pores for a probe of this radius in Å, 1.86 for nitrogen, with so many points on each atom: as many as the size of the cell asks for unless they are given.
    public init(probeRadius: Double = 1.86, pointsPerAtom: Int? = nil, seed: UInt64) {
        precondition(probeRadius >= 0 && probeRadius.isFinite, "the radius of a probe is not negative")
        precondition(pointsPerAtom ?? 1 > 0, "a surface needs a point at least")
        (self.probeRadius, self.pointsPerAtom, self.seed) = (probeRadius, pointsPerAtom, seed)
    }

    /// The parameters in words.
    public var identity: String { "pores 1 \(probeRadius) \(pointsPerAtom ?? 0) \(seed)" }

    /// Measures.
    public func screen(_ file: StructureFile, _ result: inout ScreeningResult) throws {
        let crystal = try file.crystal()
        guard
            let pores = PoreGeometry(of: crystal, probeRadius: probeRadius, seed: seed, pointsPerAtom: pointsPerAtom)
        else { return result.end(.failed, "noAtoms", "there is no atom") }
        result.largestCavityDiameter = pores.largestCavityDiameter
        result.poreLimitingDiameter = pores.poreLimitingDiameter
        result.surface = pores.surfaceSquareMetresPerGram
        result.accessibleSurface = pores.accessibleSurfaceSquareMetresPerGram
        result.voidFraction = pores.voidFraction
        result.pointVoidFraction = pores.pointProbeVoidFraction
    }
}
