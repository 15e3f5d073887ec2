/// Reads a structure and asks whether it can be real: the first tier.
public struct ValidityTier: ScreeningTier {
    /// The largest cell that is screened, in Å^3: larger ones are no crystals, and would take all memory.
    public static let volumeMax = 4e6

    private let rules: ScreenRules

    /// The screen by these rules.
    public init(rules: ScreenRules = ScreenRules()) { self.rules = rules }

    /// The rules in words.
    public var identity: String {
        let rejecting = rules.rejecting.map(\.rawValue).sorted().joined(separator: ",")
        let limits = [
            rules.bondTolerance, rules.overlapFactor, rules.shortContactFactor, rules.planarAngleSumDegrees,
            rules.linearAngleDegrees, rules.netChargeMax, rules.chargeMax, rules.densityMax,
        ]
        return "validity 1 \(limits) \(rules.metalNeighboursMax) \(rules.rareEarthNeighboursMin) \(rejecting)"
    }

    /// Reads, counts and judges.
    public func screen(_ file: StructureFile, _ result: inout ScreeningResult) throws {
        guard file.failure.isEmpty else { return result.end(.failed, "notReadable", file.failure) }
        let crystal = try file.crystal()
        result.atomCount = crystal.atoms.count
        result.density = crystal.density
        guard crystal.cell.volume <= Self.volumeMax else {
            let volume = significant(crystal.cell.volume, digits: 4)
            return result.end(
                .rejected, "cellTooLarge",
                "the cell has \(volume) Å^3, more than the \(Self.volumeMax) that are screened")
        }
        let report = crystal.validity(rules)
        if let bonds = report.bonds { result.graphHash = GraphHash(crystal, bonds).description }
        for finding in report.findings where finding.severity != .rejection {
            result.flag(finding.code.rawValue, finding.summary)
        }
        for finding in report.findings.reversed() where finding.severity == .rejection {
            result.end(.rejected, finding.code.rawValue, finding.summary)
        }
    }
}
