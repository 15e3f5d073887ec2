package import Foundation

/// A folder of its own for one test, removed at the end of its life.
package final class TestFolder: Sendable {
    package let path: String

    package convenience init() throws { try self.init(below: NSTemporaryDirectory()) }

    /// A folder in memory where the system has such a place: for programs that wait for the disk again and again.
    package static func inMemory() throws -> TestFolder {
        let memory = "/dev/shm"
        return try TestFolder(
            below: FileManager.default.isWritableFile(atPath: memory) ? memory : NSTemporaryDirectory())
    }

    private init(below folder: String) throws {
        var template = Array((folder + "/penstock-tests-XXXXXX").utf8CString)
        guard mkdtemp(&template) != nil else { throw CocoaError(.fileWriteUnknown) }
        let made = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
        path = URL(fileURLWithPath: made).resolvingSymlinksInPath().path
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }

    /// The path of what is, or will be, in the folder.
    package func callAsFunction(_ name: String) -> String { path + "/" + name }

    /// Writes a file and gives its path.
    @discardableResult package func write(_ data: Data, to name: String) throws -> String {
        try data.write(to: URL(fileURLWithPath: self(name)))
        return self(name)
    }

    /// Writes a file and gives its path.
    @discardableResult package func write(_ text: String, to name: String) throws -> String {
        try write(Data(text.utf8), to: name)
    }

    /// Writes a file and gives its path.
    @discardableResult package func write(_ bytes: [UInt8], to name: String) throws -> String {
        try write(Data(bytes), to: name)
    }

    /// The bytes of a file.
    package func data(_ name: String) throws -> Data { try Data(contentsOf: URL(fileURLWithPath: self(name))) }

    /// The text of a file.
    package func text(_ name: String) throws -> String { try String(contentsOfFile: self(name), encoding: .utf8) }

    /// The names of what is in a folder below, also hidden ones, sorted; none where it is not there.
    package func names(in folder: String = "") -> [String] {
        (try? FileManager.default.contentsOfDirectory(atPath: self(folder)).sorted()) ?? []
    }

    package func contains(_ name: String) -> Bool { FileManager.default.fileExists(atPath: self(name)) }

    package func remove(_ name: String) throws { try FileManager.default.removeItem(atPath: self(name)) }
}
