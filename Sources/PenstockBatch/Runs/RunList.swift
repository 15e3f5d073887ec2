internal import Foundation

/// The runs below a folder.
public struct RunList: Sendable {
    /// Where runs are unless the user says otherwise.
    public static let defaultFolder = "runs"

    private let parent: String

    /// The runs in a folder.
    public init(in parent: String = RunList.defaultFolder) { self.parent = parent }

    /// All of them, by name.
    public var all: [RunFolder] {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: parent)) ?? []
        return names.sorted().map { RunFolder("\(parent)/\($0)") }.filter(\.isThere)
    }

    /// The run that a user means: the path of its folder, its id, or the beginning or the end of that.
    /// - Throws: `BatchError.noRun` where there is none, or more than one.
    public func run(_ name: String) throws(BatchError) -> RunFolder {
        for path in [name, "\(parent)/\(name)"] where RunFolder(path).isThere { return RunFolder(path) }
        let found = name.contains("/") ? [] : all.filter { $0.name.hasPrefix(name) || $0.name.hasSuffix(name) }
        if found.count == 1 { return found[0] }
        guard found.isEmpty else {
            let names = found.prefix(5).map(\.name).joined(separator: ", ")
            throw BatchError(.noRun, "\"\(name)\" can be \(found.count) runs: \(names)", hint: "write more of the id")
        }
        throw BatchError(
            .noRun, "there is no run \"\(name)\"",
            hint:
                "give the path of its folder, or its id and --runs; `penstock runs list` shows the runs in ./\(Self.defaultFolder)"
        )
    }

    /// An id that no run in the folder has: the name, and six digits.
    func newID(_ name: String) -> String {
        while true {
            let digits = String(UInt32.random(in: 0..<(1 << 24)) | 1 << 24, radix: 16).dropFirst()
            let id = "\(name)-\(digits)"
            if !FileManager.default.fileExists(atPath: "\(parent)/\(id)") { return id }
        }
    }

    /// `LiveTomography` as `live-tomography`.
    public static func name(of pipeline: String) -> String {
        var name = ""
        let letters = Array(pipeline)
        for (index, letter) in letters.enumerated() {
            guard letter.isASCII, letter.isLetter || letter.isNumber else {
                if !name.isEmpty, name.last != "-" { name += "-" }
                continue
            }
            let endsAcronym = index + 1 < letters.count && letters[index + 1].isLowercase
            if letter.isUppercase, index > 0, name.last != "-", !letters[index - 1].isUppercase || endsAcronym {
                name += "-"
            }
            name += letter.lowercased()
        }
        return name
    }
}
