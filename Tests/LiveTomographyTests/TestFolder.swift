import Foundation

/// A folder of its own for one test, removed at the end of its life.
final class TestFolder {
    let path: String

    init() throws {
        var template = Array((NSTemporaryDirectory() + "/live-tomography-XXXXXX").utf8CString)
        guard mkdtemp(&template) != nil else { throw CocoaError(.fileWriteUnknown) }
        path = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }

    func callAsFunction(_ name: String) -> String { path + "/" + name }

    /// The names in a folder below, also hidden ones, except where the output of programs is caught.
    func names(in folder: String = "") -> [String] {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: self(folder))) ?? []
        return names.filter { !$0.hasPrefix(".stdout-") && !$0.hasPrefix(".stderr-") }.sorted()
    }

    func data(_ name: String) throws -> Data { try Data(contentsOf: URL(fileURLWithPath: self(name))) }

    func text(_ name: String) throws -> String { String(decoding: try data(name), as: UTF8.self) }

    func remove(_ name: String) throws { try FileManager.default.removeItem(atPath: self(name)) }

    func contains(_ name: String) -> Bool { FileManager.default.fileExists(atPath: self(name)) }
}

/// A small file system in memory below a test's folder, for as long as `body` runs. Only the superuser can make one.
enum SmallDisk {
    static let isPossible = getuid() == 0
    static let impossible = "only the superuser can mount a small file system"

    static func with(_ options: String, at path: String, _ body: () async throws -> Void) async throws {
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: false)
        guard try system(["mount", "-t", "tmpfs", "-o", options, "tmpfs", path]) == 0 else {
            throw CocoaError(.fileWriteUnknown)
        }
        defer { _ = try? system(["umount", "-l", path]) }
        try await body()
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
