import Foundation
import TestSupport
import Testing

@Suite("Savepoints from the command line")
struct SavepointCommandTests {
    private static let executable = SwiftCompiler.products?.appending(path: "SensorWindows")
    private static var isBuilt: Bool {
        executable.map { FileManager.default.isExecutableFile(atPath: $0.path) } ?? false
    }

    private static func run(_ folder: TestFolder, _ arguments: String...) throws -> Command.Result {
        try Command.run(try #require(executable), arguments, in: folder.path)
    }

    /// A folder with a log that holds the savepoint `first`, taken at the end of a run.
    private static func folder() throws -> TestFolder {
        let folder = try TestFolder()
        let rows = (0..<600).map { "\($0),s\($0 % 3),\($0 % 7)" }
        try folder.write("time,sensor,value\n" + rows.joined(separator: "\n") + "\n", to: "readings.csv")
        let run = try run(folder, "run", "--savepoint", "first")
        #expect(run.status == 0 && run.errors == "kept the savepoint first in penstock-log\n", "\(run.errors)")
        return folder
    }

    @Test(
        "checkpoints lists savepoints and deletes them",
        .enabled(if: isBuilt, "the executable SensorWindows is not beside the test bundle: build it first"))
    func list() throws {
        let folder = try Self.folder()
        let list = try Self.run(folder, "checkpoints").output.split(separator: "\n").map { $0.split(separator: " ") }
        #expect(list.first == ["EPOCH", "NAME", "KEPT", "BYTES", "STAGES"])
        #expect(list.count == 2 && list[1][1] == "first" && list[1].last == "3")
        let json = try Self.run(folder, "checkpoints", "--json").output
        let parsed = try JSONSerialization.jsonObject(with: Data(json.utf8)) as? [[String: Any]]
        #expect(parsed?.first?["savepoint"] as? String == "first")
        #expect(parsed?.first?["stages"] as? [String] == ["means/From", "means/Mean", "means/To"])
        #expect(try Self.run(folder, "checkpoints", "--delete", "first").status == 0)
        let none = try Self.run(folder, "checkpoints")
        #expect(none.output == "there are no checkpoints of SensorWindows in penstock-log\n")
        let again = try Self.run(folder, "checkpoints", "--delete", "first")
        #expect(again.status == 66)
        #expect(again.errors.hasPrefix("error: there is no savepoint first of SensorWindows\n"))
    }

    @Test(
        "explain --check-restore says by its status whether a run would go on",
        .enabled(if: isBuilt, "the executable SensorWindows is not beside the test bundle: build it first"))
    func checkRestore() throws {
        let folder = try Self.folder()
        let check = ["explain", "--check-restore", "--from-savepoint", "first"]
        func run(_ more: String...) throws -> Command.Result {
            try Command.run(try #require(Self.executable), check + more, in: folder.path)
        }
        let same = try run("--parallelism", "2")
        #expect(same.status == 0 && same.output.contains("matched   means/Mean: operator\n"))
        let changed = try run("--window", "30s")
        #expect(changed.status == 65)
        #expect(
            changed.output.contains(
                "was mean giving Averaged<String>, tumbling 60 s; is mean giving Averaged<String>, tumbling 30 s\n"))
        #expect(try run("--window", "30s", "--drop-state", "means/Mean").status == 0)
        let none = try Self.run(folder, "explain", "--check-restore")
        #expect(none.status == 0 && none.output.hasPrefix("there is no checkpoint of SensorWindows"))
    }

    @Test(
        "wrong commands are refused with what is wrong",
        .enabled(if: isBuilt, "the executable SensorWindows is not beside the test bundle: build it first"))
    func wrong() throws {
        let folder = try Self.folder()
        let commands: [([String], Int32, String)] = [
            (["run", "--savepoint", "first"], 64, "there is a savepoint first of SensorWindows already"),
            (["run", "--savepoint", "a.b"], 64, "\"a.b\" cannot be the name of a savepoint"),
            (["run", "--from-savepoint", "second"], 66, "there is no savepoint second of SensorWindows"),
            (["run", "--drop-state", "x"], 64, "--checkpoint-name and --drop-state need"),
            (["run", "--fresh"], 64, "--fresh and --attempts need --checkpoint-every"),
            (["run", "--keep-checkpoints", "0"], 64, "--keep-checkpoints takes 1 or more"),
            (["explain", "--drop-state", "x"], 64, "--checkpoint-name, --from-savepoint and --drop-state need"),
            (["savepoint", "later"], 75, "no run keeps checkpoints under the name SensorWindows now"),
            (["savepoint", "later", "--log", "nowhere"], 66, "there is no log at nowhere"),
            (["checkpoints", "--log", "nowhere"], 66, "there is no log at nowhere"),
        ]
        for (arguments, status, error) in commands {
            let result = try Command.run(try #require(Self.executable), arguments, in: folder.path)
            #expect(result.status == status, "\(arguments): \(result.errors)")
            #expect(result.errors.hasPrefix("error: \(error)"), "\(arguments): \(result.errors)")
        }
    }
}
