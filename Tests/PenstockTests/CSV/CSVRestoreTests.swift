import Foundation
import PenstockLog
import TestSupport
import Testing

@testable import Penstock

@Suite("Exactly-once sinks: CSV files over a restart")
struct CSVRestoreTests {
    private struct Broken: Error {}

    /// Copies a file row by row; fails at one of the rows.
    private func copy(_ folder: TestFolder, to output: String, failingAt row: Int?) async throws -> RunProgress {
        try await Flow("copy") {
            From(
                CSVInput(folder("in.csv"), time: "time") { row in
                    (number: try row.integer("number"), text: try row.text("text"))
                })
            Map { (line: (number: Int, text: String)) throws in
                if line.number == row {
                    // Time for a checkpoint to be kept.
                    usleep(20_000)
                    throw Broken()
                }
                return line
            }
            To(
                CSVOutput(folder(output), columns: ["number", "text"]) { (line: (number: Int, text: String)) in
                    [.integer(line.number), .text(line.text)]
                })
        }.run(
            options: RunOptions(
                batchEvents: 10, topicDurability: .pageCache,
                checkpoints: CheckpointOptions(name: "copy", interval: .zero)),
            log: try await EmbeddedLog(directory: folder("log")))
    }

    @Test("a run that fails goes on with its half-written file, which is then that of an unbroken run")
    func halfWritten() async throws {
        let folder = try TestFolder()
        let lines = (0..<3000).map { "\($0),\($0),\"row \($0),\n\(String(repeating: "x", count: $0 % 40))\"" }
        try folder.write("time,number,text\n" + lines.joined(separator: "\n") + "\n", to: "in.csv")
        _ = try await copy(folder, to: "whole.csv", failingAt: nil)
        var restored: [UInt64?] = []
        for row in [900, 2000, nil] {
            do {
                restored.append(try await copy(folder, to: "broken.csv", failingAt: row).restoredCheckpoint)
                #expect(row == nil)
            } catch {
                #expect(row != nil, "\(error)")
                #expect(!FileManager.default.fileExists(atPath: folder("broken.csv")))
            }
        }
        #expect(restored.last.flatMap(\.self) != nil, "no checkpoint was used")
        #expect(try folder.text("broken.csv") == folder.text("whole.csv"))
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path).filter { $0.hasPrefix(".") } == [])
    }
}
