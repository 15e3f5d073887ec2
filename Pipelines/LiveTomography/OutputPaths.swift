import Foundation
import PenstockTomography

/// Where results go that take the place of what is there: with --overwrite a slip of the name must not cost the recorded scan.
struct OutputPaths {
    /// Paths by their options; folders are replaced with all that is in them.
    private var paths: [(option: String, path: String)]

    /// What `--output` names, and folders by their options.
    init(_ output: String, folders: [String: String?]) {
        paths = [("--output", output)]
        for (option, path) in folders.sorted(by: { $0.key < $1.key }) {
            if let path { paths.append((option, path)) }
        }
    }

    /// Refuses outputs that are an input, or hold one, and two that are the same.
    /// - Throws: `TomographyError.optionsDoNotFit`
    func check(against input: InputOptions) throws(TomographyError) {
        let inputs = [
            ("--input", input.input), ("--flats", input.flats), ("--darks", input.darks),
            ("--angles", input.angles?.path),
        ]
        for (option, path) in paths {
            for case (let inputOption, let other?) in inputs where Self.place(path, holds: other) {
                throw .optionsDoNotFit(
                    reason: "\(option) \(path) would take the place of \(inputOption) \(other)",
                    hint: "give \(option) another name: nothing that is read is ever replaced")
            }
        }
        for (place, (option, path)) in paths.enumerated() {
            for (other, same) in paths[..<place]
            where URL(fileURLWithPath: path).standardizedFileURL == URL(fileURLWithPath: same).standardizedFileURL {
                throw .optionsDoNotFit(
                    reason: "\(other) and \(option) have the same name, \(path)", hint: "give them names of their own")
            }
        }
    }

    /// Whether what is at `place` is the file or folder `path`, by whatever name, or a folder above it.
    private static func place(_ place: String, holds path: String) -> Bool {
        guard let replaced = FileIdentity(place) else { return false }
        var part = URL(fileURLWithPath: path).resolvingSymlinksInPath()
        while part.path != "/" {
            if FileIdentity(part.path) == replaced { return true }
            part.deleteLastPathComponent()
        }
        return false
    }
}

/// What makes a file or folder the same by whatever name.
private struct FileIdentity: Equatable {
    let device: UInt64
    let number: UInt64

    /// Nil where there is nothing.
    init?(_ path: String) {
        var status = stat()
        guard stat(path, &status) == 0 else { return nil }
        (device, number) = (UInt64(status.st_dev), UInt64(status.st_ino))
    }
}
