import Foundation
import Penstock
import PenstockMOF

/// A force field by its name, or by the file that it is in.
enum ForceFieldOption: ExpressibleByArgument, CustomStringConvertible {
    case uff, dreiding, dreidingWithUFF
    case file(String)

    init(argument: String) {
        switch argument.lowercased() {
        case "uff": self = .uff
        case "dreiding": self = .dreiding
        case "dreiding-uff": self = .dreidingWithUFF
        default: self = .file(argument)
        }
    }

    var description: String {
        switch self {
        case .uff: "uff"
        case .dreiding: "dreiding"
        case .dreidingWithUFF: "dreiding-uff"
        case .file(let path): path
        }
    }

    var defaultValueDescription: String { description }

    /// The file that it is in; nil for one of ours.
    var path: String? {
        if case .file(let path) = self { path } else { nil }
    }

    /// The parameters.
    /// - Throws: `ScreeningError` where the file cannot be read, or is no table of parameters.
    func read() throws -> ForceField {
        switch self {
        case .uff: return .uff
        case .dreiding: return .dreiding
        case .dreidingWithUFF: return .dreidingWithUFF
        case .file(let path):
            var isFolder: ObjCBool = false
            let isThere = FileManager.default.fileExists(atPath: path, isDirectory: &isFolder)
            guard isThere, !isFolder.boolValue else {
                throw ScreeningError.unreadableForceField(
                    path, reason: "\(path): there is no such force field\(isThere ? ": it is a folder" : "")")
            }
            let text: String
            do { text = try String(contentsOfFile: path, encoding: .utf8) } catch {
                throw ScreeningError.unreadableForceField(
                    path, reason: "\(path): the force field cannot be read: \(error.localizedDescription)")
            }
            do { return try ForceField(parsing: text, name: path) } catch {
                throw ScreeningError.unreadableForceField(path, reason: "\(error)")
            }
        }
    }
}
