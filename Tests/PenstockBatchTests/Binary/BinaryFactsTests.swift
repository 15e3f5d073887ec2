import Foundation
import PenstockBatch
import TestSupport
import Testing

@Suite("What a program's file says about it")
struct BinaryFactsTests {
    /// A program of the system in C, and this one in Swift.
    static let programs = ["/bin/ls", "/bin/bash", "/proc/self/exe"].map { path in
        URL(fileURLWithPath: path).resolvingSymlinksInPath().path
    }

    @Test(
        "libraries, dynamic linker and versions are those that readelf lists",
        .enabled(if: ELFReference.isThere, Comment(rawValue: ELFReference.missing)), arguments: programs)
    func agreesWithReadelf(_ path: String) throws {
        let facts = try BinaryFacts(of: path)
        #expect(try facts.neededLibraries == ELFReference.neededLibraries(path))
        #expect(try facts.interpreter == ELFReference.interpreter(path))
        let versions = try ELFReference.glibcVersions(path)
        let newest = try #require(versions.max { $0.lexicographicallyPrecedes($1) })
        #expect(facts.neededGlibc == GlibcVersion(newest[0], newest[1], newest.count > 2 ? newest[2] : 0))
        #expect(facts.neededLibraries.contains("libc.so.6"))
    }

    @Test("size, SHA-256 and processor are those that stat, sha256sum and uname print", arguments: programs)
    func agreesWithCoreutils(_ path: String) throws {
        let facts = try BinaryFacts(of: path)
        #expect(try "\(facts.bytes)\n" == Programs.run("stat", "--dereference", "--format=%s", path).output)
        #expect(try Programs.run("sha256sum", path).output == "\(facts.sha256)  \(path)\n")
        #expect(try Programs.run("uname", "-m").output == "\(facts.architecture)\n")
    }

    @Test(
        "a stripped program says the same", .enabled(if: ELFReference.isThere, Comment(rawValue: ELFReference.missing)))
    func stripped() throws {
        let folder = try TestFolder()
        let path = Self.programs[2]
        #expect(try Programs.run("strip", "--strip-all", "-o", folder("stripped"), path).status == 0)
        let (whole, stripped) = (try BinaryFacts(of: path), try BinaryFacts(of: folder("stripped")))
        #expect(stripped.bytes < whole.bytes)
        #expect(stripped.neededLibraries == whole.neededLibraries)
        #expect(stripped.neededGlibc == whole.neededGlibc)
        #expect(stripped.interpreter == whole.interpreter)
    }

    @Test(
        "a static program needs nothing",
        .enabled(if: Programs.hasCompiler, Comment(rawValue: Programs.compilerMissing)))
    func staticProgram() throws {
        let folder = try TestFolder()
        let source = try folder.write("int main(void) { return 0; }\n", to: "main.c")
        #expect(try Programs.run("cc", "-static", "-o", folder("program"), source).status == 0)
        let facts = try BinaryFacts(of: folder("program"))
        #expect(facts.interpreter == nil)
        #expect(facts.neededLibraries.isEmpty)
        #expect(facts.neededGlibc == nil)
    }

    @Test("facts are the same when they come back from JSON")
    func codable() throws {
        let facts = try BinaryFacts(of: "/bin/ls")
        let json = try JSONEncoder().encode(facts)
        #expect(try JSONDecoder().decode(BinaryFacts.self, from: json) == facts)
        let object = try #require(try JSONSerialization.jsonObject(with: json) as? [String: Any])
        #expect(object["sha256"] as? String == facts.sha256)
        #expect(object["architecture"] as? String == facts.architecture.rawValue)
        #expect(object["neededGlibc"] as? String == facts.neededGlibc?.description)
    }

    @Test("versions of glibc are two or three numbers")
    func versions() {
        #expect(GlibcVersion("2.34") == GlibcVersion(2, 34))
        #expect(GlibcVersion("2.2.5") == GlibcVersion(2, 2, 5))
        #expect(GlibcVersion("2.2.5").map(String.init) == "2.2.5")
        for text in ["", "2", "2.", ".34", "2.34-9", "2.+3", "2.-0", "2.3.4.5", "PRIVATE", "2.99999", "٢.٣"] {
            #expect(GlibcVersion(text) == nil, "\(text)")
        }
        #expect(GlibcVersion(2, 9) < GlibcVersion(2, 34))
        #expect(GlibcVersion(2, 2, 5) < GlibcVersion(2, 3))
    }
}
