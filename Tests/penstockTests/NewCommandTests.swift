import Foundation
import TestSupport
import Testing

@Suite("Packages to start from")
struct NewCommandTests {
    static let templates = ["tomography", "mof", "sensors"]

    /// The folder of the checkout that is tested.
    private static let checkout = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
        .deletingLastPathComponent().deletingLastPathComponent().path

    @Test("a package has a pipeline, a test and a manual, by the name of the user", arguments: templates)
    func files(template: String) throws {
        let place = try Workplace()
        let outcome = try place.succeed("new", "RoomClimate", "--template", template, "--penstock", Self.checkout)
        let files = try FileManager.default.subpathsOfDirectory(atPath: place("RoomClimate")).filter { name in
            !FileManager.default.directoryExists(atPath: place("RoomClimate/\(name)"))
        }
        for file in [
            "Package.swift", "Sources/RoomClimate/RoomClimate.swift", "Tests/RoomClimateTests/RoomClimateTests.swift",
            "README.md", ".gitignore",
        ] {
            #expect(files.contains(file), "\(file)")
            #expect(outcome.lines.contains("  \(file)"), "\(file)")
        }
        for file in files {
            let text = String(decoding: try place.read("RoomClimate/\(file)"), as: UTF8.self)
            #expect(text.firstRange(of: #/[A-Za-z]+Template\b/#) == nil, "\(file) names the template")
            #expect(text.hasSuffix("\n") && !text.hasSuffix("\n\n"), "\(file)")
        }
        // Nothing beside it: what was written under another name is gone.
        #expect(try FileManager.default.contentsOfDirectory(atPath: place.path) == ["RoomClimate"])
    }

    @Test("the files are those of the templates, which the build compiles and tests", arguments: templates)
    func sources(template: String) throws {
        let place = try Workplace()
        try place.succeed("new", "RoomClimate", "--template", template, "--penstock", Self.checkout)
        let name = ["tomography": "Tomography", "mof": "MOF", "sensors": "Sensors"][template] ?? ""
        for (folder, there) in [("Sources", "Sources/RoomClimate"), ("Tests", "Tests/RoomClimateTests")] {
            let original = "\(Self.checkout)/Templates/\(name)/\(folder)"
            for file in try FileManager.default.contentsOfDirectory(atPath: original) {
                let text = try String(contentsOfFile: "\(original)/\(file)", encoding: .utf8)
                let written = file.replacing("\(name)Template", with: "RoomClimate")
                #expect(
                    String(decoding: try place.read("RoomClimate/\(there)/\(written)"), as: UTF8.self)
                        == text.replacing("\(name)Template", with: "RoomClimate"), "\(file)")
            }
        }
    }

    @Test("SwiftPM understands the manifest", arguments: templates)
    func manifest(template: String) async throws {
        let place = try Workplace()
        try place.succeed("new", "RoomClimate", "--template", template, "--penstock", Self.checkout)
        let package = try await dump(place("RoomClimate"))
        #expect(package["name"] as? String == "RoomClimate")
        let targets = try #require(package["targets"] as? [[String: Any]])
        #expect(targets.map { $0["name"] as? String } == ["RoomClimate", "RoomClimateTests"])
        #expect(targets.map { $0["type"] as? String } == ["executable", "test"])
        let source = try #require((package["dependencies"] as? [[String: Any]])?.first?["fileSystem"] as? [Any])
        #expect((source.first as? [String: Any])?["path"] as? String == Self.checkout)
    }

    @Test("a repository is named by its URL and the version of the program")
    func repository() throws {
        let place = try Workplace()
        for (number, url) in ["https://example.org/tools/penstock.git", "git@example.org:tools/penstock"].enumerated() {
            let name = "Pipeline\(number)"
            try place.succeed("new", name, "--template", "sensors", "--penstock", url)
            let manifest = String(decoding: try place.read("\(name)/Package.swift"), as: UTF8.self)
            #expect(manifest.contains(".package(url: \"\(url)\", from: \"0.1.0\")"))
            #expect(manifest.contains(".product(name: \"Penstock\", package: \"penstock\")"))
        }
    }

    @Test("without --penstock it is the checkout that the program was built in")
    func ownCheckout() throws {
        let place = try Workplace()
        try place.succeed("new", "RoomClimate", "--template", "sensors")
        let manifest = String(decoding: try place.read("RoomClimate/Package.swift"), as: UTF8.self)
        #expect(manifest.contains(".package(name: \"penstock\", path: \"/"))
    }

    @Test(
        "a name that Swift, the package graph or the template's code cannot have is refused with one that they can",
        arguments: [
            ("live-climate", "LiveClimate"), ("", nil), ("9lives", "Lives"), ("a b", "AB"), ("../up", "Up"),
            ("class", "ClassPipeline"), ("Self", "SelfPipeline"), ("PenstockX", "MyPenstockX"),
            ("LiveTomography", "MyLiveTomography"), ("Foundation", "MyFoundation"), ("Reading", "ReadingPipeline"),
            ("Pipeline", "PipelinePipeline"), ("Größe", nil), (String(repeating: "a", count: 101), nil),
        ] as [(String, String?)])
    func badName(name: String, suggestion: String?) throws {
        let place = try Workplace()
        let outcome = try place.run("new", "--template", "sensors", "--", name)
        #expect(outcome.status == 64)
        #expect(outcome.errors.hasPrefix("error: "))
        let hint = outcome.errors.split(separator: "\n").first { $0.hasPrefix("hint: ") }
        #expect(hint.map { String($0) } == suggestion.map { "hint: for example \($0)" })
        #expect(try FileManager.default.contentsOfDirectory(atPath: place.path).isEmpty)
    }

    @Test("no target or product of this package can be the name of another one")
    func ownModules() async throws {
        let package = try await dump(Self.checkout)
        let names = try ["targets", "products"].flatMap { kind in
            try #require(package[kind] as? [[String: Any]]).compactMap { $0["name"] as? String }
        }
        #expect(names.count > 50)
        let place = try Workplace()
        for name in Set(names).sorted() {
            #expect(try place.run("new", name, "--template", "sensors").status == 64, "\(name)")
        }
    }

    @Test("what is there already stays as it is")
    func existing() throws {
        let place = try Workplace()
        try place.write("mine", to: "RoomClimate")
        let outcome = try place.run("new", "RoomClimate", "--template", "sensors")
        #expect(outcome.status == 74)
        #expect(
            outcome.errors
                == "error: RoomClimate is there already, and stays as it is\nhint: take another name, or another place with --path DIR\n"
        )
        #expect(try place.read("RoomClimate") == Data("mine".utf8))
    }

    @Test("another place is where --path says, and has to be there")
    func path() throws {
        let place = try Workplace()
        #expect(try place.run("new", "RoomClimate", "--template", "sensors", "--path", "work").status == 66)
        try FileManager.default.createDirectory(atPath: place("work"), withIntermediateDirectories: false)
        try place.succeed("new", "RoomClimate", "--template", "sensors", "--path", "work")
        #expect(FileManager.default.fileExists(atPath: place("work/RoomClimate/Package.swift")))
    }

    @Test("a path that is no checkout of Penstock is refused")
    func badCheckout() throws {
        let place = try Workplace()
        for path in ["/", "missing", "penstock"] {
            let outcome = try place.run("new", "RoomClimate", "--template", "sensors", "--penstock", path)
            #expect(outcome.status == 66)
            #expect(outcome.errors.hasPrefix("error: \(path) is not a checkout of Penstock"))
        }
    }

    /// The manifest of a package, as SwiftPM reads it.
    private func dump(_ folder: String) async throws -> [String: Any] {
        // In a build folder of its own: that of the checkout is locked where SwiftPM runs the tests.
        let scratch = try TestFolder()
        let swift = try ChildProcess(
            "/usr/bin/env",
            ["swift", "package", "--package-path", folder, "--scratch-path", scratch.path, "dump-package"])
        let status = try await swift.ended()
        try #require(status == 0, "\(swift.errors)")
        let text = swift.lines.joined(separator: "\n")
        return try #require(JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any])
    }
}

extension FileManager {
    fileprivate func directoryExists(atPath path: String) -> Bool {
        var isDirectory: ObjCBool = false
        return fileExists(atPath: path, isDirectory: &isDirectory) && isDirectory.boolValue
    }
}
