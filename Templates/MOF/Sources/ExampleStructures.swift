import Foundation
import Penstock
import PenstockMOF

/// Writes structures to try the pipeline on: zinc oxide frameworks of the kind of IRMOF-1, with linkers drawn by a seed.
struct ExampleStructures: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "example", abstract: "Make CIF files of frameworks to try the pipeline on.")

    @Option(help: "The folder.") var output = "structures"
    @Option(help: "How many, 1 to 1000.") var count = 4
    @Option(help: "The seed of the choice; the same seed makes the same files.") var seed: UInt64 = 1

    func validate() throws {
        guard (1...1000).contains(count) else {
            throw ValidationError("--count must lie between 1 and 1000, not at \(count)")
        }
    }

    func run() throws {
        try FileManager.default.createDirectory(atPath: output, withIntermediateDirectories: true)
        let space = CandidateSpace()
        for place in 0..<count {
            let candidate = space.candidate(seed: seed, place: place)
            let text = space.crystal(of: candidate).cif.text
            try Data(text.utf8).write(to: URL(fileURLWithPath: "\(output)/\(candidate.name).cif"))
        }
        print("\(output): \(count) structures")
    }
}
