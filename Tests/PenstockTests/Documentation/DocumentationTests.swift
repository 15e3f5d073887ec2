import Foundation
import Testing

@Suite("The code in the documentation")
struct DocumentationTests {
    private static let pages: [URL] = {
        let docs = SwiftCompiler.checkout.appending(path: "docs")
        let inDocs = (try? FileManager.default.contentsOfDirectory(at: docs, includingPropertiesForKeys: nil)) ?? []
        let all = inDocs + [SwiftCompiler.checkout.appending(path: "README.md")]
        return all.filter { $0.pathExtension == "md" && FileManager.default.fileExists(atPath: $0.path) }
            .sorted { $0.path < $1.path }
    }()

    @Test(
        "compiles, and is wrong only where it says so",
        .enabled(if: SwiftCompiler.found != nil, "\(SwiftCompiler.missing)"),
        arguments: pages.map(\.lastPathComponent))
    func compiles(_ name: String) throws {
        let page = try #require(Self.pages.first { $0.lastPathComponent == name })
        let blocks = CodeBlocks(page: try String(contentsOf: page, encoding: .utf8))
        #expect(blocks.defects.isEmpty)
        for program in blocks.programs {
            var messages = try #require(SwiftCompiler.found).check([("page.swift", program)])
            for expected in CompileCase.expectedErrors(program) {
                let index = messages.firstIndex {
                    $0.severity == "error" && $0.line == expected.line && $0.text.contains(expected.part)
                }
                guard let index else {
                    Issue.record("\(name), line \(expected.line): no error with “\(expected.part)”, but \(messages)")
                    continue
                }
                messages.remove(at: index)
            }
            #expect(messages.isEmpty, "\(name): the lines are those of the page")
        }
    }

    @Test("the README shows the first pipeline as it is, in under 40 lines")
    func firstPipeline() throws {
        func text(_ path: String) throws -> String {
            try String(contentsOf: SwiftCompiler.checkout.appending(path: path), encoding: .utf8)
        }
        let pipeline = try text("Pipelines/SensorWindows/SensorWindows.swift")
        #expect(try text("README.md").contains("```swift\n\(pipeline)```"))
        #expect(pipeline.split(separator: "\n", omittingEmptySubsequences: false).count < 40)
    }

    @Test("the README leads to every page, and every link between pages leads somewhere")
    func links() throws {
        let readme = try #require(Self.pages.first { $0.lastPathComponent == "README.md" })
        for page in Self.pages {
            if page != readme { #expect(try Self.links(in: readme).contains("docs/\(page.lastPathComponent)")) }
            for link in try Self.links(in: page) {
                let target = page.deletingLastPathComponent().appending(path: link)
                #expect(FileManager.default.fileExists(atPath: target.path), "\(page.lastPathComponent): \(link)")
            }
        }
    }

    /// The paths that a page links to, without web addresses and without what stands behind `#`.
    private static func links(in page: URL) throws -> [String] {
        try String(contentsOf: page, encoding: .utf8).matches(of: /\]\(([^)#\s]+)/).map { String($0.output.1) }
            .filter { !$0.contains("://") }
    }

    @Test("blocks join the program that was imported for them, and keep their lines")
    func blocks() {
        let page = """
            # Page
            ```swift
            import Penstock
            @main struct A {}
            ```
            <!-- swift: body -->
            ```swift
            Flow("x") {}
            ```
            <!-- swift: skip -->
            ```swift
            nonsense
            ```
            ```sh
            import nothing
            ```
            ```swift
            import PenstockTomography
            ```
            """
        let blocks = CodeBlocks(page: page)
        #expect(blocks.defects.isEmpty)
        let programs = blocks.programs.map { $0.components(separatedBy: "\n") }
        #expect(programs.count == 2)
        #expect(programs.first?[2...3] == ["import Penstock", "struct A {}"])
        #expect(programs.first?[6].hasPrefix("private struct Body7: Pipeline {") == true)
        #expect(programs.first?[7...8] == ["Flow(\"x\") {}", "} }"])
        #expect(programs.first?.contains("nonsense") == false)
        #expect(programs.last?[17] == "import PenstockTomography")
    }

    @Test("a block without its import, or of a kind that is none, is a defect")
    func defects() {
        #expect(CodeBlocks(page: "```swift\nlet a = 1\n```").defects.count == 1)
        #expect(CodeBlocks(page: "<!-- swift: poem -->\n```swift\nimport Penstock\n```").defects.count == 1)
    }
}
