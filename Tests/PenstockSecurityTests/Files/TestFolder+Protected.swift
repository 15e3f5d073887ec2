import Foundation
import TestSupport

extension TestFolder {
    /// Writes a file with these permissions, whatever the umask is, and gives its path.
    func writeProtected(_ text: String, to name: String, _ permissions: Int) throws -> String {
        let path = try write(text, to: name)
        try FileManager.default.setAttributes([.posixPermissions: permissions], ofItemAtPath: path)
        return path
    }

    /// The permissions of a file.
    func permissions(_ name: String) throws -> Int? {
        try FileManager.default.attributesOfItem(atPath: self(name))[.posixPermissions] as? Int
    }
}
