import Foundation

/// The programs in a page of the documentation, for the compiler.
///
/// Every block marked `swift` is compiled. A block with an `import` begins a program, to which the blocks behind it belong until the next
/// one with an `import`. A comment on the line above a block says what else it is:
///
/// - `<!-- swift: body -->`: the inside of a pipeline's `body`,
/// - `<!-- swift: skip -->`: a fragment that is not compiled.
///
/// A line that has to be wrong ends in `// ERROR:` and a part of the message.
struct CodeBlocks {
    /// The programs. Each has as many lines as the page, with the code on the page's own lines.
    private(set) var programs: [String] = []
    /// What cannot be compiled as it stands, with the number of its line.
    private(set) var defects: [String] = []

    private let lines: [String]
    private var program: [String]?

    init(page: String) {
        lines = page.components(separatedBy: "\n")
        var at = 0
        while at < lines.count {
            let fence = lines[at].trimmingCharacters(in: .whitespaces)
            guard fence.hasPrefix("```") else {
                at += 1
                continue
            }
            let end = lines[(at + 1)...].firstIndex { $0.trimmingCharacters(in: .whitespaces) == "```" } ?? lines.count
            if fence == "```swift" { take(at + 1..<end, kind(ofBlockAt: at)) }
            at = end + 1
        }
        if let program { programs.append(program.joined(separator: "\n")) }
    }

    private func kind(ofBlockAt fence: Int) -> String {
        guard fence > 0, lines[fence - 1].hasPrefix("<!-- swift: ") else { return "file" }
        return lines[fence - 1].replacing("<!-- swift: ", with: "").replacing(" -->", with: "")
    }

    private mutating func take(_ block: Range<Int>, _ kind: String) {
        guard kind != "skip", !lines[block].contains(where: { $0.hasPrefix("import PackageDescription") }) else {
            return
        }
        if lines[block].contains(where: { $0.hasPrefix("import ") }) {
            if let program { programs.append(program.joined(separator: "\n")) }
            program = Array(repeating: "", count: lines.count + 1)
        }
        guard program != nil else {
            defects.append("line \(block.lowerBound): the first block of a program imports what it uses")
            return
        }
        for line in block { program?[line] = lines[line].replacing("@main ", with: "") }
        guard kind == "body" else {
            if kind != "file" { defects.append("line \(block.lowerBound - 1): no kind of block is called \(kind)") }
            return
        }
        program?[block.lowerBound - 1] =
            "private struct Body\(block.lowerBound): Pipeline { static let abstract = \"\"; var body: some Dataflow {"
        program?[block.upperBound] = "} }"
    }
}
