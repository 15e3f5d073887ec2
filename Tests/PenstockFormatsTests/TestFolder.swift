import Foundation
import PenstockFormats

/// A folder of its own for one test, removed at the end of its life.
final class TestFolder {
    let path: String

    init() throws {
        var template = Array((NSTemporaryDirectory() + "/penstock-formats-XXXXXX").utf8CString)
        guard mkdtemp(&template) != nil else { throw CocoaError(.fileWriteUnknown) }
        path = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }

    func callAsFunction(_ name: String) -> String { path + "/" + name }

    func write(_ text: String, to name: String) throws -> String {
        try Data(text.utf8).write(to: URL(fileURLWithPath: self(name)))
        return self(name)
    }

    func write(_ bytes: [UInt8], to name: String) throws -> String {
        try Data(bytes).write(to: URL(fileURLWithPath: self(name)))
        return self(name)
    }

    var names: [String] { (try? FileManager.default.contentsOfDirectory(atPath: path).sorted()) ?? [] }
}

/// The bytes of a file.
func bytes(of path: String) throws -> [UInt8] { Array(try Data(contentsOf: URL(fileURLWithPath: path))) }

/// The error that `body` throws, or nil.
func formatError(_ body: () throws -> Void) -> FormatError? {
    do { try body() } catch { return error as? FormatError }
    return nil
}

/// Python as an independent reader of our files.
enum Python {
    static let hasReaders = (try? run("import h5py, tifffile, PIL, numpy")) != nil
    static let missing = "python3 with h5py, tifffile, numpy and pillow is not installed"

    struct Failure: Error { let output: String }

    /// Runs a program with arguments and gives what it prints.
    @discardableResult static func run(_ program: String, _ arguments: String...) throws -> String {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = ["python3", "-c", program] + arguments
        let output = Pipe()
        process.standardOutput = output
        process.standardError = output
        try process.run()
        let text = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        process.waitUntilExit()
        guard process.terminationStatus == 0 else { throw Failure(output: text) }
        return text.trimmingCharacters(in: .whitespacesAndNewlines)
    }
}

/// A small file system in memory that fills up, for as long as `body` runs. Only the superuser can make one.
enum SmallDisk {
    static let isPossible = getuid() == 0
    static let impossible = "only the superuser can mount a small file system"

    static func with(kibibytes: Int, _ body: (String) throws -> Void) throws {
        let folder = try TestFolder()
        let mounting = ["mount", "-t", "tmpfs", "-o", "size=\(kibibytes)k", "tmpfs", folder.path]
        guard try system(mounting) == 0 else { throw CocoaError(.fileWriteUnknown) }
        defer { _ = try? system(["umount", "-l", folder.path]) }
        try body(folder.path)
    }

    private static func system(_ arguments: [String]) throws -> Int32 {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = arguments
        try process.run()
        process.waitUntilExit()
        return process.terminationStatus
    }
}
