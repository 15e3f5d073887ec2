import Foundation
import PenstockEngine
import TestSupport
import Testing

@testable import Penstock

/// Runs programs that are on every system: `sh`, `sleep`, `yes`, `sort`.
@Suite("External programs") struct ExternalProgramTests {
    private let parent: TestFolder

    init() throws { parent = try TestFolder() }

    private func shell(
        _ script: String, timeLimit: Duration = .seconds(60), retries: Retries = .none,
        kept: WorkingFolders.Kept = .none
    ) -> ExternalProgram {
        ExternalProgram(
            "sh", ["-c", script], timeLimit: timeLimit, retries: retries,
            folders: WorkingFolders(in: parent.path, kept: kept))
    }

    /// The error of a run that has to have one.
    private func failure(_ program: ExternalProgram, reading: [String] = []) async throws -> ProgramError {
        do {
            _ = try await program.run(reading: reading)
        } catch let error as ProgramError {
            return error
        }
        throw ChildFailure("the program had no error")
    }

    @Test("files go in, files come out, also in folders, and the working folder is gone behind it")
    func files() async throws {
        let names = Array("Rosalind\nDorothy\nKathleen\n".utf8)
        let sort = ExternalProgram(
            "sort", ["in/names.txt", "-o", "sorted.txt"], timeLimit: .seconds(60),
            folders: WorkingFolders(in: parent.path))
        let outcome = try await sort.run(["in/names.txt": names], reading: ["sorted.txt"])
        #expect(outcome.text("sorted.txt") == "Dorothy\nKathleen\nRosalind\n")
        #expect(outcome.standardOutput.isEmpty && outcome.standardError.isEmpty && outcome.folder == nil)
        #expect(parent.names() == [])
    }

    @Test("it reads what it is given, prints, and sees the variables that it is given and a place for its own files")
    func surroundings() async throws {
        var program = shell("cat; echo $COLOUR; echo warned >&2; test \"$TMPDIR\" = \"$(pwd -P)\" && echo here")
        program.environment["COLOUR"] = "violet"
        let outcome = try await program.run(["text": Array("one\n".utf8)], standardInput: "text")
        #expect(String(decoding: outcome.standardOutput, as: UTF8.self) == "one\nviolet\nhere\n")
        #expect(String(decoding: outcome.standardError, as: UTF8.self) == "warned\n")
    }

    @Test("one that crashes, or fails, is named with its signal or status and its last words")
    func crashes() async throws {
        let crash = try await failure(shell("echo about to fall >&2; kill -SEGV $$"))
        #expect(crash.code == .crashed && crash.exitStatus == nil)
        #expect(crash.summary.hasPrefix("sh: it was ended by SIGSEGV: Segmentation fault; it printed last: about to"))
        let failed = try await failure(shell("echo no such basis set; exit 3"))
        #expect(failed.code == .failed && failed.exitStatus == 3)
        #expect(failed.summary == "sh: it failed with status 3; it printed last: no such basis set")
        #expect(parent.names() == [])
    }

    @Test("one that hangs is stopped with all that it has started, also where it will not hear")
    func hangs() async throws {
        let asleep = try await failure(shell("sleep 1000 & echo $! > \(parent("child")); wait", timeLimit: .seconds(3)))
        #expect(asleep.code == .timedOut && asleep.summary == "sh: it was stopped after 3.0 seconds, its time limit")
        try await expectGone("child")
        var deaf = shell(
            "trap '' TERM; echo $$ > \(parent("deaf")); while true; do sleep 1000; done", timeLimit: .seconds(3))
        deaf.grace = .milliseconds(100)
        #expect(try await failure(deaf).code == .timedOut)
        try await expectGone("deaf")
    }

    @Test("what a program leaves running behind its end is killed, and does not keep its reader waiting")
    func leftovers() async throws {
        let outcome = try await shell("sleep 1000 & echo $! > \(parent("left")); echo done").run()
        #expect(String(decoding: outcome.standardOutput, as: UTF8.self) == "done\n")
        try await expectGone("left")
    }

    @Test("one that prints without end is stopped, and as much as it may print is kept")
    func floods() async throws {
        var program = shell("yes")
        program.outputBytesMax = 100_000
        let error = try await failure(program)
        #expect(error.code == .outputTooLong && error.summary.contains("more than 100000 bytes"))
        program = shell("head -c 100000 /dev/zero")
        program.outputBytesMax = 100_000
        #expect(try await program.run().standardOutput.count == 100_000)
    }

    @Test("one that writes nothing, no file, or too much of it, is told by the name of the file")
    func missingFiles() async throws {
        #expect(try await failure(shell("true"), reading: ["out"]).summary == "sh: it has ended without writing out")
        for script in ["mkfifo out", "mkdir out"] {
            #expect(try await failure(shell(script), reading: ["out"]).summary == "sh: out is not a file")
        }
        #expect(try await failure(shell("ln -s /dev/zero out"), reading: ["out"]).code == .missingFile)
        var program = shell("head -c 1001 /dev/zero > out")
        program.fileBytesMax = 1000
        #expect(try await failure(program, reading: ["out"]).code == .missingFile)
        #expect(try await failure(shell("true"), reading: ["../out"]).code == .folder)
        #expect(parent.names() == [])
    }

    @Test("one that is not there, or is no program, is told, and is not tried again")
    func notThere() async throws {
        func program(_ name: String) -> ExternalProgram {
            ExternalProgram(
                name, timeLimit: .seconds(60), retries: .constant(3, every: .seconds(1000)),
                folders: WorkingFolders(in: parent.path))
        }
        let absent = try await failure(program("no-such-program"))
        #expect(absent.code == .notFound && absent.category == .unavailable)
        #expect(absent.summary == "no-such-program: there is no such program in the folders of PATH")
        #expect(try await failure(program("/etc/passwd")).code == .notFound)
        #expect(try await failure(program("/etc")).code == .notFound)
        // Not a format that the system can execute.
        let path = try parent.write("\u{1}\u{2}", to: "nonsense")
        try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: path)
        var nonsense = program(path)
        nonsense.retries = .none
        #expect(try await failure(nonsense).code == .notStarted)
    }

    @Test("one that fails is tried again, in a new folder")
    func retries() async throws {
        let script =
            "test ! -e mark || exit 9; touch mark; echo x >> \(parent("tries")); test $(wc -l < \(parent("tries"))) = 3"
        _ = try await shell(script, retries: .constant(2, every: .milliseconds(1))).run()
        #expect(try parent.text("tries") == "x\nx\nx\n")
        try parent.remove("tries")
        let error = try await failure(shell(script, retries: .constant(1, every: .milliseconds(1))))
        #expect(error.code == .failed && error.exitStatus == 1)
    }

    @Test("the folder of a failure is kept where that was asked for, and the error says where it is")
    func kept() async throws {
        let error = try await failure(shell("echo clue > clue; pwd >&2; exit 1", kept: .failures))
        let folder = try #require(error.folder)
        #expect(try String(contentsOfFile: folder + "/clue", encoding: .utf8) == "clue\n")
        #expect(error.hint == "its files are in \(folder)")
        // What is said of a failure is the same for each.
        #expect(error.summary == "sh: it failed with status 1; it printed last: .")
        _ = try await shell("true", kept: .failures).run()
        #expect(parent.names().count == 1)
        let outcome = try await shell("true", kept: .all).run()
        let stays = try #require(outcome.folder)
        #expect(parent.names().count == 2 && FileManager.default.fileExists(atPath: stays))
    }

    @Test("a cancelled run stops its program, leaves no folder, and returns when nothing is left")
    func cancelled() async throws {
        let program = shell("echo $$ > \(parent("pid")); sleep 1000", kept: .all)
        let task = Task { try await program.run() }
        try await eventually("the program to start") { (try? parent.text("pid").isEmpty) == false }
        task.cancel()
        await #expect(throws: CancellationError.self) { try await task.value }
        #expect(parent.names() == ["pid"])
        try await expectGone("pid")
        // One that waits for a place gives up its waiting, and the place of the other is free behind it.
        let first = Task { try await program.run() }
        try await eventually("the program to start") { parent.names().count > 1 }
        let second = Task { try await program.run() }
        second.cancel()
        await #expect(throws: CancellationError.self) { try await second.value }
        first.cancel()
        await #expect(throws: CancellationError.self) { try await first.value }
        _ = try await shell("true").run()
    }

    @Test("so many run at a time and no more")
    func places() async throws {
        // Each makes a folder in which it is, and says how many there were.
        let script =
            "mkdir \(parent.path)/in-$$; ls -d \(parent.path)/in-* | wc -l; sleep 0.02; rmdir \(parent.path)/in-$$"
        let program = ExternalProgram(
            "sh", ["-c", script], timeLimit: .seconds(60), atATime: 3, folders: WorkingFolders(in: parent.path))
        let most = try await withThrowingTaskGroup(of: Int.self) { group in
            for _ in 0..<20 {
                group.addTask {
                    let outcome = try await program.run()
                    let text = String(decoding: outcome.standardOutput, as: UTF8.self)
                    return Int(text.trimmingCharacters(in: .whitespacesAndNewlines)) ?? 99
                }
            }
            return try await group.reduce(0) { max($0, $1) }
        }
        #expect((1...3).contains(most))
    }

    @Test("many runs leave no open files and no processes")
    func leaks() async throws {
        let script = "exit $((RANDOM % 2))"
        let before = try Self.openPipes()
        for _ in 0..<50 { _ = try? await shell(script).run() }
        // Other tests of this process may have some of their own for a while.
        try await eventually("the files to be closed") { try Self.openPipes() <= before + 20 }
        #expect(parent.names() == [])
    }

    /// How many pipes this process has open.
    private static func openPipes() throws -> Int {
        let folder = "/proc/self/fd"
        return try FileManager.default.contentsOfDirectory(atPath: folder).count {
            (try? FileManager.default.destinationOfSymbolicLink(atPath: "\(folder)/\($0)"))?.hasPrefix("pipe") == true
        }
    }

    /// Expects that the process whose number is in a file is no more, nor a zombie.
    private func expectGone(_ name: String) async throws {
        let text = try parent.text(name).trimmingCharacters(in: .whitespacesAndNewlines)
        let number = try #require(pid_t(text))
        // A grandchild that was killed is buried by the system's first process when that finds the time.
        try await eventually("\(number) to be gone") {
            let status = try? String(contentsOfFile: "/proc/\(number)/status", encoding: .utf8)
            return status == nil || status!.contains("State:\tZ") || status!.contains("State:\tX")
        }
    }
}
