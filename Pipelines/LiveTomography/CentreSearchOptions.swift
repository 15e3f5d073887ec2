import Penstock
import PenstockTomography

/// Where and how the rotation centre is looked for.
struct CentreSearchOptions: ParsableArguments {
    /// The ways to find a centre.
    enum Method: String, CaseIterable, ExpressibleByArgument {
        case vo, phase, entropy
    }

    @Option(
        help:
            "Trial centres from one to another in steps, such as 290:302:0.5; 5 columns around what Vo's method finds by default."
    )
    var range: TrialRange?
    @Option(parsing: .unconditional, help: "The detector row of the slice; the middle one by default.") var row: Int?
    @Option(
        parsing: .upToNextOption,
        help: "Methods: vo, phase and entropy; all by default, and entropy alone for half acquisition.")
    var method: [Method] = []
    @Option(help: "Filter of the trial slices.") var filter = ReconstructionFilter.shepp

    func validate() throws {
        if let row, row < 0 { throw ValidationError("--row takes a number from 0, not \(row)") }
    }

    /// The methods to use. Vo's and phase correlation look for a centre that most of both projections see.
    func methods(halfAcquisition: Bool) -> [Method] {
        method.isEmpty ? (halfAcquisition ? [.entropy] : Method.allCases) : method
    }

    /// The centres to try: those that were asked for, or some around what was found.
    /// - Throws: `TomographyError.centreOutside`
    func trialCentres(around found: Double?, columns: Int) throws(TomographyError) -> [Double] {
        let edge = Double(columns - 1)
        guard let range else {
            let middle = found ?? edge / 2
            return (-10...10).map { middle + Double($0) / 2 }.filter { (0...edge).contains($0) }
        }
        for end in [range.centres[0], range.centres[range.centres.count - 1]] where !(0...edge).contains(end) {
            throw .centreOutside(end, columns: columns)
        }
        return range.centres
    }
}

/// Trial centres as the command line has them: `290:302:0.5`, both ends included.
struct TrialRange: Sendable, Hashable, ExpressibleByArgument {
    let centres: [Double]

    init?(argument: String) {
        let numbers = argument.split(separator: ":", omittingEmptySubsequences: false).map { Double($0) }
        guard numbers.count == 3, let first = numbers[0], let last = numbers[1], let step = numbers[2],
            first.isFinite, last.isFinite, first <= last, step > 0
        else { return nil }
        let steps = (last - first) / step + 1e-9
        guard steps < Double(TrialSlices.mostTrials) else { return nil }
        // Multiples of the step, so that rounding errors do not add up.
        centres = (0...Int(steps)).map { first + Double($0) * step }
    }
}
