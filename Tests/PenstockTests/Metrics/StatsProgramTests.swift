import Foundation
import TestSupport
import Testing

/// The pipeline `SensorWindows`, as a user runs it.
private enum Program {
    static let executable = SwiftCompiler.products?.appending(path: "SensorWindows")
    static var isBuilt: Bool { executable.map { FileManager.default.isExecutableFile(atPath: $0.path) } ?? false }
    static let missing = "the executable SensorWindows is not beside the test bundle: build it first"
}

@Suite("The figures that a program prints", .enabled(if: Program.isBuilt, "\(Program.missing)"))
struct StatsProgramTests {
    /// Five readings of two sensors, of which the last is late for its window of a minute.
    private func run(_ arguments: String...) throws -> Command.Result {
        let folder = try TestFolder()
        try folder.write("time,sensor,value\n0,a,1\n10,b,10\n20,a,3\n65,a,5\n3,b,1\n", to: "readings.csv")
        return try Command.run(try #require(Program.executable), arguments, in: folder.path)
    }

    @Test("--stats tells of the whole run at its end, on standard error; what is on standard output stays the same")
    func table() throws {
        let plain = try run()
        let told = try run("--stats")
        #expect(plain.status == 0 && told.status == 0)
        #expect(plain.output == "means/Mean: 1 late events\n" && told.output == plain.output)
        #expect(plain.errors.isEmpty, "all is well but for what is late")
        let lines = told.errors.split(separator: "\n")
        #expect(lines.first?.hasSuffix(", the whole run ---") == true)
        let source = try #require(lines.first { $0.contains("means/From") }).split(
            separator: " ", omittingEmptySubsequences: true)
        #expect(source.contains("5") && source.contains("160") && source.contains("end"))
        #expect(lines.last == "means/Mean: 1 late")
    }

    @Test("--stats-json tells the same in a line of JSON")
    func json() throws {
        struct Figures: Decodable {
            struct Stage: Decodable {
                let operators: [Operator]
                let partitions: [Partition]
            }
            struct Operator: Decodable {
                let name: String
                let lateEvents: Int
                let lateByPartition: [String: Int]
            }
            struct Partition: Decodable {
                let source: String
                let events: Int
                let latestNs: Int64
            }
            let isOver: Bool
            let stages: [Stage]
        }
        let result = try run("--stats-json", "--parallelism", "2")
        let line = try #require(result.errors.split(separator: "\n").last)
        let decoder = JSONDecoder()
        decoder.keyDecodingStrategy = .convertFromSnakeCase
        let figures = try decoder.decode(Figures.self, from: Data(line.utf8))
        #expect(figures.isOver)
        let partition = try #require(figures.stages.first?.partitions.first)
        #expect(partition.events == 5 && partition.latestNs == 65_000_000_000)
        let mean = try #require(figures.stages.flatMap(\.operators).first { $0.name == "means/Mean" })
        #expect(mean.lateEvents == 1 && mean.lateByPartition == ["\(partition.source) 0": 1])
    }
}
