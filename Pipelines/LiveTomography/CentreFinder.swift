import PenstockTomography

/// What the methods say of the rotation centre.
struct CentreFinder {
    /// What one of them says.
    struct Finding {
        let name: String
        let centre: Double
        var remark = ""
        var isAtEndOfRange = false
    }

    /// What Vo's method finds; nil where the sinogram is too small for it, or nobody asks.
    let vo: VoCentre?
    private let phase: Finding?
    private let usesEntropy: Bool
    /// Why a method finds nothing.
    private var failures: [String] = []

    init(_ data: CentreData, _ methods: [CentreSearchOptions.Method]) {
        usesEntropy = methods.contains(.entropy)
        var failures: [String] = []
        func trying<Result>(
            _ method: CentreSearchOptions.Method, _ name: String, _ find: () throws(TomographyError) -> Result?
        ) -> Result? {
            guard methods.contains(method) else { return nil }
            do throws(TomographyError) {
                let found = try find()
                return found
            } catch {
                failures.append("\(name): \(error.summary)")
                return nil
            }
        }
        vo = trying(.vo, "Vo") { () throws(TomographyError) in try VoCentre(data.halfTurn) }
        if vo != nil, let first = data.anglesDegrees.min(), let last = data.anglesDegrees.max(), last - first < 150 {
            failures.append("Vo: needs about 180 degrees, but the projections cover \((last - first).rounded())")
        }
        phase = trying(.phase, "phase correlation") { () throws(TomographyError) in
            guard let opposite = data.opposite, abs(data.oppositeDegrees - 180) <= 5 else {
                failures.append(
                    "phase correlation: no two projections are half a turn apart"
                        + (data.opposite == nil ? "" : ", the nearest to it \(data.oppositeDegrees.rounded()) degrees"))
                return nil
            }
            let found = try PhaseCorrelationCentre(
                opposite.first, opposite: opposite.second, columns: data.columns)
            let degrees = (data.oppositeDegrees * 100).rounded() / 100
            return Finding(
                name: "phase correlation", centre: found.centre,
                remark: degrees == 180 ? "" : ", from projections \(degrees) degrees apart")
        }
        self.failures = failures
    }

    /// What each method finds, entropy among the trial slices.
    func findings(_ slices: TrialSlices) -> [Finding] {
        var found: [Finding] = []
        if let vo { found.append(Finding(name: "Vo", centre: vo.centre, isAtEndOfRange: vo.isAtEndOfRange)) }
        if let phase { found.append(phase) }
        if usesEntropy, slices.centres.count > 1 {
            let place = slices.sharpest
            found.append(
                Finding(
                    name: "entropy", centre: slices.centres[place],
                    isAtEndOfRange: place == 0 || place == slices.centres.count - 1))
        }
        return found
    }

    /// What speaks against them.
    func warnings(_ findings: [Finding]) -> [String] {
        var warnings =
            failures
            + findings.filter(\.isAtEndOfRange).map {
                "the minimum of \($0.name), \($0.centre), lies at the end of the range that was searched: the centre may be outside"
            }
        if let least = findings.map(\.centre).min(), let most = findings.map(\.centre).max(), most - least > 1 {
            let apart = ((most - least) * 100).rounded() / 100
            warnings.append("the methods disagree by \(apart) columns: choose by the pictures")
        }
        return warnings
    }
}
