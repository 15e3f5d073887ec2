import Penstock
import PenstockTomography

/// How a scan is recorded: as it comes, at a pace, all of it or a part.
struct RecordingOptions: ParsableArguments {
    @Option(
        parsing: .unconditional,
        help: "Read an input that is still written, until nothing has come for so many seconds.")
    var follow: Double?
    @Option(
        parsing: .unconditional,
        help:
            "Projections a second, for a file that plays the part of a detector; by default as fast as it can be read.")
    var pace: Double?
    @Flag(inversion: .prefixedNo, help: "Keep the SHA-256 of the input, which reads it once more.") var checksum = true
    @Option(help: "One of several parts of the scan by rows, for a process of its own: 1/2, and 2/2 in another.")
    var part: DetectorPart?

    func validate() throws {
        if let follow, !(follow > 0 && follow <= 1e6) {
            throw ValidationError("--follow takes seconds, above 0 and up to a million, not \(follow)")
        }
        if let pace, !(pace > 0 && pace <= 1e9) {
            throw ValidationError("--pace takes a number of projections a second, above 0, not \(pace)")
        }
    }

    /// Adds what these say to how the scan is read.
    func complete(_ options: inout ScanFile.Options) {
        options.takesChecksum = checksum
        options.projectionsPerSecond = pace
        options.followTimeout = follow.map { .seconds($0) }
    }
}
