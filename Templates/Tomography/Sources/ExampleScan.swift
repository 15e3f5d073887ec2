import Penstock
import PenstockTomography

/// Writes a scan to try the pipeline on: a noisy stone that exists in formulas only.
struct ExampleScan: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "example", abstract: "Make a scan of a stone to try the pipeline on.")

    @Option(help: "The scan: a Data Exchange HDF5 file.") var output = "scan.h5"
    @Flag(help: "Replace a file that exists already.") var overwrite = false

    func run() throws {
        let scan = Self.scan(rows: 16, columns: 128, noise: 0.01)
        try scan.write(to: output, overwrite: overwrite)
        print("\(output): 180 projections of 16 x 128 pixels over a half turn, centre \(scan.centre)")
    }

    /// A half turn in steps of a degree.
    static func scan(rows: Int, columns: Int, noise: Double) -> SyntheticScan {
        SyntheticScan(
            phantom: .stone(rows: rows, columns: columns), rows: rows, columns: columns,
            anglesDegrees: (0..<180).map { Double($0) }, centre: Double(columns) / 2 + 1.3, seed: 1, noise: noise)
    }
}
