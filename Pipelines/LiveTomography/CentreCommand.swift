import Foundation
import Penstock
import PenstockFormats
import PenstockTomography

/// Looks for the rotation centre of a stored scan, and shows slices around trial centres.
struct CentreCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "centre", abstract: "Look for the rotation centre, and show a slice around trial centres.",
        discussion: """
            Prints what each method finds, and writes a contact sheet with the trial centre below each picture. The methods disagree on \
            difficult scans: trust your eyes.
            """)

    /// The ways to find a centre.
    enum Method: String, CaseIterable, ExpressibleByArgument {
        case vo, phase, entropy
    }

    @Option(help: "The scan: a Data Exchange or NXtomo HDF5 file, a TIFF file or a folder of TIFF files.")
    var input: String
    @Option(help: "Flats in place of those of the input: a TIFF or HDF5 file, or a folder.") var flats: String?
    @Option(help: "Darks in place of those of the input: a TIFF or HDF5 file, or a folder.") var darks: String?
    @Option(help: "Angles in place of those of the input, one on each line: FILE, or FILE:11-101 for these lines.")
    var angles: AngleList?
    @Option(help: "Unit of the angles, whatever the input says: deg or rad.") var angleUnit: AngleUnit?
    @Flag(help: "Count pixels that are NaN or infinite as air.") var allowNonFinite = false
    @Option(
        help:
            "Trial centres from one to another in steps, such as 290:302:0.5; 5 columns around what Vo's method finds by default."
    )
    var range: TrialRange?
    @Option(help: "The detector row of the slice; the middle one by default.") var row: Int?
    @Option(parsing: .upToNextOption, help: "Methods: vo, phase and entropy; all by default.")
    var method: [Method] = Method.allCases
    @Option(help: "Filter of the trial slices.") var filter = ReconstructionFilter.shepp
    @Option(help: "The contact sheet, a PNG file.") var output = "centre.png"
    @Option(help: "Folder for the trial slices, as float32 TIFF.") var tiff: String?
    @Option(help: "Colours of the pictures.") var colours = ColourMap.grey
    @Flag(help: "Replace files that exist already.") var overwrite = false

    func validate() throws {
        if let row, row < 0 { throw ValidationError("--row takes a number from 0") }
    }

    func run() async throws {
        let picture = try PendingFile(output, overwrites: overwrite)
        let data = try CentreData(input, options, row: row)
        let vo = try? VoCentre(data.halfTurn)
        let centres = try trialCentres(data, vo)
        let slices = try TrialSlices(
            data, centres: centres, filter: filter, writingTo: tiff, overwrites: overwrite)
        let found = findings(data, vo, slices)
        let bytes = try slices.contactSheet(
            marks: found.map { ($0.name, $0.centre) }, colours: colours, file: output)
        try PNGFile.write(encoded: bytes, to: picture.temporaryPath)
        try picture.commit()
        print("row \(data.row) of \(data.rows), \(data.columns) columns, \(data.anglesDegrees.count) projections")
        for finding in found { print("\(finding.name): \(finding.centre)\(finding.remark)") }
        for warning in warnings(found) { FileHandle.standardError.write(Data("warning: \(warning)\n".utf8)) }
        print("\(output): \(centres.count) trial centres, \(centres[0]) to \(centres[centres.count - 1])")
        if let tiff { print("\(tiff): the same as TIFF images") }
    }

    /// What a method says.
    private struct Finding {
        let name: String
        let centre: Double
        var remark = ""
        var isAtEndOfRange = false
    }

    private func findings(_ data: CentreData, _ vo: VoCentre?, _ slices: TrialSlices) -> [Finding] {
        var found: [Finding] = []
        if method.contains(.vo), let vo {
            found.append(Finding(name: "Vo", centre: vo.centre, isAtEndOfRange: vo.isAtEndOfRange))
        }
        if method.contains(.phase),
            let phase = try? PhaseCorrelationCentre(
                data.opposite.first, opposite: data.opposite.second, columns: data.columns)
        {
            let degrees = (data.oppositeDegrees * 100).rounded() / 100
            found.append(
                Finding(
                    name: "phase correlation", centre: phase.centre,
                    remark: degrees == 180 ? "" : ", from projections \(degrees) degrees apart"))
        }
        if method.contains(.entropy), slices.centres.count > 1 {
            let place = slices.sharpest
            found.append(
                Finding(
                    name: "entropy", centre: slices.centres[place],
                    isAtEndOfRange: place == 0 || place == slices.centres.count - 1))
        }
        return found
    }

    private func warnings(_ found: [Finding]) -> [String] {
        var warnings = found.filter(\.isAtEndOfRange).map {
            "the minimum of \($0.name), \($0.centre), lies at the end of the range that was searched: the centre may be outside"
        }
        if let least = found.map(\.centre).min(), let most = found.map(\.centre).max(), most - least > 1 {
            let apart = ((most - least) * 100).rounded() / 100
            warnings.append("the methods disagree by \(apart) columns: choose by the pictures")
        }
        return warnings
    }

    private func trialCentres(_ data: CentreData, _ vo: VoCentre?) throws -> [Double] {
        let edge = Double(data.columns - 1)
        if let range {
            for end in [range.centres[0], range.centres[range.centres.count - 1]] where !(0...edge).contains(end) {
                throw TomographyError.centreOutside(end, columns: data.columns)
            }
            return range.centres
        }
        let middle = vo?.centre ?? edge / 2
        return (-10...10).map { middle + Double($0) / 2 }.filter { (0...edge).contains($0) }
    }

    private var options: ScanFile.Options {
        var options = ScanFile.Options()
        options.flats = flats
        options.darks = darks
        options.angles = angles
        options.angleUnit = angleUnit
        options.allowsNonFinite = allowNonFinite
        return options
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
