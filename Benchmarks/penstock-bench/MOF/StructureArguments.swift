import ArgumentParser
import PenstockMOF

/// The structures of a measurement.
struct StructureArguments: ParsableArguments {
    @Option(help: "A CIF or extended-XYZ file, or a folder of them.") var input: String
    @Option(help: "Repeat every cell along its edges, such as 2x2x3.") var cells: Repeats = .one

    /// All structures of the input, by name.
    func crystals() throws -> [Crystal] {
        try StructureFolder.contents(of: input).map { file in
            let crystal = try file.crystal()
            return cells == .one ? crystal : crystal.repeated(cells.counts)
        }
    }
}

/// How often a cell is repeated along its edges.
struct Repeats: ExpressibleByArgument, Equatable, CustomStringConvertible {
    let counts: SIMD3<Int>

    static let one = Repeats(counts: SIMD3(1, 1, 1))

    private init(counts: SIMD3<Int>) { self.counts = counts }

    init?(argument: String) {
        let numbers = argument.split(separator: "x", omittingEmptySubsequences: false).map { Int($0) ?? 0 }
        guard numbers.count == 3, numbers.allSatisfy({ (1...100).contains($0) }) else { return nil }
        self.init(counts: SIMD3(numbers[0], numbers[1], numbers[2]))
    }

    var description: String { "\(counts.x)x\(counts.y)x\(counts.z)" }
}
