import ArgumentParser
import Foundation
import PenstockBenchmarks
import PenstockMOF

/// How many structures a processor reads and checks in a second, beside the reading of the bytes.
struct StructureBenchmark: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "parse", abstract: "Structures read and checked in a second.",
        discussion: """
            Files are read into memory, then parsed with symmetry and disorder, checked, and hashed by their bonds, as the first tier of a \
            screening does. structures_per_cpu_s is for parsing and checks, structures_hashed_per_cpu_s with the hash, too. The floor \
            reads the files and passes over their bytes once.
            """)

    @Option(help: "A CIF or extended-XYZ file, or a folder of them.") var input: String
    @Option(help: "Rounds over all files, of which the median counts.") var rounds = 5
    @Option(help: "Write the structures, without symmetry and with all atoms of their cells, as CIFs into this folder.")
    var writeP1: String?
    @Flag(help: "Print one JSON object.") var json = false

    func validate() throws {
        guard (1...1000).contains(rounds) else { throw ValidationError("--rounds takes 1 to 1000") }
    }

    func run() throws {
        let files = try StructureFolder.contents(of: input)
        var (floors, parsing, checking, hashing) = ([Double](), [Double](), [Double](), [Double]())
        var crystals: [Crystal] = []
        for _ in 0..<rounds {
            floors.append(try seconds { try passOver(input) })
            crystals = []
            // What cannot be read is counted by what is missing.
            parsing.append(seconds { crystals = files.compactMap { try? $0.crystal() } })
            var reports: [ValidityReport] = []
            checking.append(seconds { reports = crystals.map { $0.validity() } })
            hashing.append(
                seconds {
                    for (crystal, report) in zip(crystals, reports) { report.bonds.map { _ = GraphHash(crystal, $0) } }
                })
        }
        func median(_ times: [Double]) -> Double { times.sorted()[rounds / 2] }
        let checked = median(parsing) + median(checking)
        var figures = FigureList()
        figures.add("structures", Double(crystals.count))
        figures.add("not_readable", Double(files.count - crystals.count))
        figures.add("atoms", Double(crystals.reduce(0) { $0 + $1.atoms.count }))
        figures.add("bytes", Double(files.reduce(0) { $0 + $1.content.count }))
        figures.add("parse_cpu_ms", 1000 * median(parsing))
        figures.add("check_cpu_ms", 1000 * median(checking))
        figures.add("hash_cpu_ms", 1000 * median(hashing))
        figures.add("structures_per_cpu_s", Double(crystals.count) / checked)
        figures.add("structures_hashed_per_cpu_s", Double(crystals.count) / (checked + median(hashing)))
        figures.add("floor_cpu_ms", 1000 * median(floors))
        figures.add("floor_ratio", checked / median(floors))
        figures.print(json: json)
        if let writeP1 { try write(crystals, to: writeP1) }
    }

    private func seconds(_ body: () throws -> Void) rethrows -> Double {
        let start = ProcessorTime.processNanoseconds
        try body()
        return (ProcessorTime.processNanoseconds - start) * 1e-9
    }

    private func passOver(_ path: String) throws {
        let sum = try StructureFolder.contents(of: path).reduce(0) { sum, file in
            file.content.withUnsafeBytes { bytes in bytes.reduce(sum) { $0 &+ Int($1) } }
        }
        precondition(sum >= 0, "bytes are not negative")
    }

    private func write(_ crystals: [Crystal], to folder: String) throws {
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        for crystal in crystals {
            try crystal.cif.text.write(toFile: "\(folder)/\(crystal.name).cif", atomically: false, encoding: .utf8)
        }
    }
}
