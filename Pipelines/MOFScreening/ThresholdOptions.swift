import Penstock
import PenstockMOF

/// What a structure must have for the next tier: those with less are rejected, and keep what was found by then.
struct ThresholdOptions: ParsableArguments {
    @Option(parsing: .unconditional, help: "The least pore limiting diameter in Å.") var minPld: Double?
    @Option(parsing: .unconditional, help: "The least largest cavity diameter in Å.") var minLcd: Double?
    @Option(parsing: .unconditional, help: "The least surface in m^2/g, accessible and not.") var minSurface: Double?
    @Option(parsing: .unconditional, help: "The least void fraction for a probe of 1.86 Å.") var minVoidFraction:
        Double?
    @Option(parsing: .unconditional, help: "The least Henry coefficient in mol/(kg Pa), before loadings are simulated.")
    var minHenry: Double?

    func validate() throws {
        for (name, value) in [
            ("--min-pld", minPld), ("--min-lcd", minLcd), ("--min-surface", minSurface),
            ("--min-void-fraction", minVoidFraction), ("--min-henry", minHenry),
        ] {
            if let value, !(value >= 0 && value.isFinite) {
                throw ValidationError("\(name) takes a number that is not negative, not \(value)")
            }
        }
    }

    var limits: ScreeningThresholds {
        var limits = ScreeningThresholds()
        limits.poreLimitingDiameter = minPld
        limits.largestCavityDiameter = minLcd
        limits.surface = minSurface
        limits.voidFraction = minVoidFraction
        limits.henryCoefficient = minHenry
        return limits
    }
}
