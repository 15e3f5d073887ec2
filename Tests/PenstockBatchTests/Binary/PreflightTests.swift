import Foundation
import TestSupport
import Testing

@testable import PenstockBatch

@Suite("What a node is asked before the program starts")
struct PreflightTests {
    private let folder: TestFolder
    private let path: String

    init() throws {
        folder = try TestFolder()
        path = try folder.write(try Data(contentsOf: URL(fileURLWithPath: "/bin/true")), to: "a 'pipeline' of $HOME")
        chmod(path, 0o755)
    }

    /// Runs the lines as a batch script has them, with bash as strict as it can be, and then one more.
    private func run(_ facts: BinaryFacts, at path: String? = nil) throws -> Programs.Ended {
        let lines = ["set -euo pipefail"] + BinaryCheck(facts).preflight(binary: path ?? facts.path) + ["echo started"]
        return try Programs.run("bash", try folder.write(lines.joined(separator: "\n") + "\n", to: "script"))
    }

    /// Expects that the script ends with 78 and these two lines.
    private func expect(
        _ ended: Programs.Ended, error: String, hint: String, sourceLocation: SourceLocation = #_sourceLocation
    ) throws {
        #expect(ended.status == 78, sourceLocation: sourceLocation)
        #expect(ended.output == "", sourceLocation: sourceLocation)
        let node = try Programs.run("uname", "-n").output.trimmingCharacters(in: .newlines)
        let lines = ended.errors.split(separator: "\n").map(String.init)
        try #require(lines.count == 2, "\(ended.errors)", sourceLocation: sourceLocation)
        #expect(lines[0] == "error: node \(node): \(error)", sourceLocation: sourceLocation)
        #expect(lines[1].hasPrefix("hint: \(hint)"), sourceLocation: sourceLocation)
    }

    /// The facts with some of them doctored.
    private func facts(
        architecture: ProcessorArchitecture? = nil, interpreter: String?? = .none, glibc: GlibcVersion? = nil
    ) throws -> BinaryFacts {
        let facts = try BinaryFacts(of: path)
        return BinaryFacts(
            path: facts.path, bytes: facts.bytes, sha256: facts.sha256,
            architecture: architecture ?? facts.architecture, interpreter: interpreter ?? facts.interpreter,
            neededLibraries: facts.neededLibraries, neededGlibc: glibc ?? facts.neededGlibc)
    }

    @Test("on a node that has everything the script goes on, silently")
    func right() throws {
        let ended = try run(try facts())
        #expect(ended.status == 0, "\(ended.errors)")
        #expect(ended.output == "started\n")
        #expect(ended.errors == "")
    }

    @Test("a file that is not there, or may not be executed")
    func notThere() throws {
        let facts = try facts()
        let hint = "is its folder shared with the nodes"
        try expect(
            run(facts, at: "/nowhere/p"), error: "/nowhere/p is not there, or may not be read and executed", hint: hint)
        chmod(path, 0o644)
        try expect(run(facts), error: "\(path) is not there, or may not be read and executed", hint: hint)
    }

    @Test("a file that has changed since it was submitted")
    func changed() throws {
        let facts = try facts()
        let file = try FileHandle(forWritingTo: URL(fileURLWithPath: path))
        try file.seekToEnd()
        try file.write(contentsOf: Data("x".utf8))
        let present = try Programs.run("sha256sum", path).output.drop { $0 == "\\" }.prefix(64)
        try expect(
            run(facts),
            error: "\(path) is not the file that was submitted: its SHA-256 is \(present), not \(facts.sha256)",
            hint: "submit again")
    }

    @Test("another processor")
    func otherProcessor() throws {
        let other: ProcessorArchitecture = ProcessorArchitecture.here == .x86_64 ? .aarch64 : .x86_64
        try expect(
            run(facts(architecture: other)),
            error:
                "\(path) is for processors of the kind \(other), and those of the node are \(ProcessorArchitecture.here)",
            hint: "name a partition with \(other)")
    }

    @Test("a glibc that is too old")
    func oldGlibc() throws {
        let facts = try facts(glibc: GlibcVersion(2, 99))
        let present = try #require(GlibcVersion.here)
        try expect(
            run(facts), error: "\(path) needs glibc 2.99 or newer, and the node has \(present)",
            hint: "build it on a system as old as the node")
        let error = #expect(throws: BinaryError.olderGlibc(path: path, needed: GlibcVersion(2, 99), present: present)) {
            try BinaryCheck(facts).compareHere()
        }
        #expect(error?.category == .configuration)
    }

    @Test("a node without glibc")
    func noGlibc() throws {
        let facts = try facts()
        // What getconf does where the C library is another one.
        let absent = ["getconf() { return 1; }"] + BinaryCheck(facts).preflight(binary: path)
        let ended = try Programs.run("bash", try folder.write(absent.joined(separator: "\n") + "\n", to: "script"))
        try expect(
            ended, error: "\(path) needs glibc \(try #require(facts.neededGlibc)) or newer, and the node has none",
            hint: "build it on a system as old as the node")
    }

    @Test("versions are compared by number: 2.9 is older than the node's, and the node's own is new enough")
    func enoughGlibc() throws {
        let present = try #require(GlibcVersion.here)
        for needed in [GlibcVersion(2, 9), present] {
            let facts = try facts(glibc: needed)
            #expect(try run(facts).output == "started\n")
            try BinaryCheck(facts).compareHere()
        }
    }

    @Test("what a site says about its nodes is compared before anything is submitted")
    func site() throws {
        let check = BinaryCheck(try facts(architecture: .x86_64, glibc: GlibcVersion(2, 34)))
        try check.compare(architecture: nil, glibc: nil)
        try check.compare(architecture: .x86_64, glibc: GlibcVersion(2, 34))
        #expect(throws: BinaryError.olderGlibc(path: path, needed: GlibcVersion(2, 34), present: GlibcVersion(2, 28))) {
            try check.compare(architecture: .x86_64, glibc: GlibcVersion(2, 28))
        }
        #expect(throws: BinaryError.otherProcessor(path: path, needed: .x86_64, present: .aarch64)) {
            try check.compare(architecture: .aarch64, glibc: nil)
        }
    }

    @Test("a program without a dynamic linker asks for no glibc")
    func withoutLinker() throws {
        #expect(try run(facts(interpreter: .some(nil), glibc: GlibcVersion(2, 99))).output == "started\n")
    }

    @Test(
        "libraries that are missing, those of libraries among them, and versions that are",
        .enabled(if: Programs.hasCompiler, Comment(rawValue: Programs.compilerMissing)))
    func missingLibraries() throws {
        // The program needs first, which needs second; and version TWO of third, of which there will be only ONE.
        try folder.write("int second(void) { return 2; }\n", to: "second.c")
        try folder.write("int second(void); int first(void) { return second(); }\n", to: "first.c")
        try folder.write("int third(void) { return 3; }\n", to: "third.c")
        try folder.write("TWO { global: third; };\n", to: "two.map")
        try folder.write("ONE { global: third; };\n", to: "one.map")
        try folder.write(
            "int first(void); int third(void); int main(void) { return first() + third() - 5; }\n", to: "main.c")
        try build("libsecond.so", "-shared", "-fPIC", "second.c")
        try build("libfirst.so", "-shared", "-fPIC", "first.c", "-lsecond")
        try build("libthird.so", "-shared", "-fPIC", "third.c", "-Wl,--version-script=two.map")
        try build("program", "main.c", "-lfirst", "-lsecond", "-lthird")
        let facts = try BinaryFacts(of: folder("program"))
        #expect(facts.neededLibraries.prefix(3) == ["libfirst.so", "libsecond.so", "libthird.so"])
        #expect(try run(facts).output == "started\n")

        let hint = "load the module that has them"
        try folder.remove("libsecond.so")
        try expect(run(facts), error: "shared libraries are missing: libsecond.so", hint: hint)
        try folder.remove("libfirst.so")
        try expect(run(facts), error: "shared libraries are missing: libfirst.so, libsecond.so", hint: hint)

        try build("libsecond.so", "-shared", "-fPIC", "second.c")
        try build("libfirst.so", "-shared", "-fPIC", "first.c", "-lsecond")
        try build("libthird.so", "-shared", "-fPIC", "third.c", "-Wl,--version-script=one.map")
        try expect(
            run(facts),
            error: "shared libraries are missing: version `TWO' not found (required by \(folder("program")))",
            hint: hint)
    }

    /// Builds in the folder, where libraries are looked for, too.
    private func build(_ output: String, _ arguments: String...) throws {
        let command = "cd '\(folder.path)' && cc -o \(output) -Wl,--no-as-needed -Wl,-rpath,'\(folder.path)' -L. "
        let ended = try Programs.run("bash", "-c", command + arguments.joined(separator: " "))
        try #require(ended.status == 0, "\(ended.errors)")
    }
}
