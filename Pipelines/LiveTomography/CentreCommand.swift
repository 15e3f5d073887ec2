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

            With the options of preparation that a run will have, columns and rows are those that cropping and binning leave: what is printed \
            is what --centre of that run takes.
            """)

    @OptionGroup(title: "Input") var input: InputOptions
    @OptionGroup(title: "Preparation") var preparation: PreparationOptions
    @OptionGroup(title: "Search") var search: CentreSearchOptions
    @Option(help: "The contact sheet, a PNG file.") var output = "centre.png"
    @Option(help: "Folder for the trial slices, as float32 TIFF.") var tiff: String?
    @Option(help: "Colours of the pictures.") var colours = ColourMap.grey
    @Flag(help: "Replace files that exist already.") var overwrite = false

    func validate() throws {
        guard !preparation.halfAcquisition || search.range != nil else {
            throw ValidationError(
                "--half-acquisition needs --range around the edge that the axis is near, such as --range 20:30:0.5")
        }
    }

    func run() async throws {
        guard let path = input.input else { throw TomographyError.noInput }
        try OutputPaths(output, folders: ["--tiff": tiff]).check(against: input)
        let picture = try PendingFile(output, overwrites: overwrite)
        let data = try await CentreData(
            path, input.scanOptions, row: search.row, stripes: preparation.stripe
        ) { frames in
            preparation.attenuations(of: frames, allowsNonFinite: input.allowNonFinite)
        }
        let finder = CentreFinder(data, search.methods(halfAcquisition: preparation.halfAcquisition))
        let centres = try search.trialCentres(around: finder.vo?.centre, columns: data.columns)
        let slices = try TrialSlices(
            data, centres: centres, filter: search.filter, halfAcquisition: preparation.halfAcquisition,
            writingTo: tiff, overwrites: overwrite)
        let findings = finder.findings(slices)
        let bytes = try slices.contactSheet(
            marks: findings.map { ($0.name, $0.centre) }, colours: colours, file: output)
        try picture.write(encodedPNG: bytes, as: output)
        try picture.commit()
        for warning in data.warnings + finder.warnings(findings) {
            FileHandle.standardError.write(Data("warning: \(warning)\n".utf8))
        }
        for line in summary(data, findings, centres) { print(line) }
    }

    private func summary(_ data: CentreData, _ findings: [CentreFinder.Finding], _ centres: [Double]) -> [String] {
        let rows =
            data.rows.lowerBound == 0 ? "\(data.rows.count)" : "\(data.rows.lowerBound)-\(data.rows.upperBound - 1)"
        var lines = [
            "row \(data.row) of \(rows), \(data.columns) columns, \(data.anglesDegrees.count) projections"
        ]
        lines += findings.map { finding in
            let column = preparation.detectorColumn(of: finding.centre)
            let place = column == finding.centre ? "" : ", column \(column) of the detector"
            return "\(finding.name): \(finding.centre)\(place)\(finding.remark)"
        }
        lines.append("\(output): \(centres.count) trial centres, \(centres[0]) to \(centres[centres.count - 1])")
        if let tiff { lines.append("\(tiff): the same as TIFF images") }
        return lines
    }
}
