import Penstock
import PenstockTomography

/// Makes a scan to try the pipeline on.
struct PhantomCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "phantom", abstract: "Make a noisy scan of a stone that exists in formulas only.")

    @Option(help: "The scan: a Data Exchange HDF5 file.") var output = "scan.h5"
    @Option(parsing: .unconditional, help: "Number of projections.") var angles = 540
    @Option(parsing: .unconditional, help: "Detector columns.") var columns = 256
    @Option(parsing: .unconditional, help: "Detector rows, which are the slices.") var slices = 32
    @Option(parsing: .unconditional, help: "Turns of the sample; 0.5 is a half turn.") var turns = 0.5
    @Option(parsing: .unconditional, help: "Noise of the open beam in a pixel, as a part of it; 0 for none.")
    var noise = 0.01
    @Option(parsing: .unconditional, help: "Rotation centre: a detector column; the middle and a little by default.")
    var centre: Double?
    @Option(help: "Seed of the noise; the same seed makes the same file.") var seed: UInt64 = 1
    @Flag(help: "Replace a file that exists already.") var overwrite = false

    func validate() throws {
        guard (2...100_000).contains(angles) else {
            throw ValidationError("--angles must lie between 2 and 100000, not at \(angles)")
        }
        guard (8...16_384).contains(columns) else {
            throw ValidationError("--columns must lie between 8 and 16384, not at \(columns)")
        }
        guard (1...16_384).contains(slices) else {
            throw ValidationError("--slices must lie between 1 and 16384, not at \(slices)")
        }
        guard turns > 0, turns <= 1000 else {
            throw ValidationError("--turns must lie above 0 and up to 1000, not at \(turns)")
        }
        guard noise >= 0, noise <= 1 else { throw ValidationError("--noise must lie between 0 and 1, not at \(noise)") }
        if let centre, !(centre >= 0 && centre <= Double(columns - 1)) {
            throw ValidationError("--centre must lie on the detector, between 0 and \(columns - 1), not at \(centre)")
        }
    }

    func run() async throws {
        let step = 360 * turns / Double(angles)
        let scan = SyntheticScan(
            phantom: .stone(rows: slices, columns: columns), rows: slices, columns: columns,
            anglesDegrees: (0..<angles).map { Double($0) * step }, centre: centre ?? Double(columns) / 2 + 2.3,
            seed: seed,
            noise: noise)
        try scan.write(to: output, overwrite: overwrite)
        print(
            "\(output): \(angles) projections of \(slices) x \(columns) pixels over \(360 * turns) degrees, centre \(scan.centre)"
        )
    }
}
