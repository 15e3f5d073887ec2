import Foundation
import PenstockBatch
import TestSupport

/// What readelf, of the GNU binutils, says about a program: independent of ours.
enum ELFReference {
    static let isThere = (try? Programs.run("readelf", "--version"))?.status == 0
    static let missing = "readelf (binutils) is not installed"

    static func neededLibraries(_ path: String) throws -> [String] {
        try lines(path, "--dynamic").compactMap { $0.wholeMatch(of: /.*\(NEEDED\).*\[(.+)\]/).map { String($0.1) } }
    }

    static func interpreter(_ path: String) throws -> String? {
        try lines(path, "--program-headers").lazy
            .compactMap { $0.firstMatch(of: /program interpreter: (.+)\]/).map { String($0.1) } }.first
    }

    /// The numbers behind GLIBC_ of all versions that it needs.
    static func glibcVersions(_ path: String) throws -> [[Int]] {
        try lines(path, "--version-info").compactMap { line in
            line.firstMatch(of: /Name: GLIBC_([0-9.]+) .*Flags:/)?.1.split(separator: ".").compactMap { Int($0) }
        }
    }

    private static func lines(_ path: String, _ option: String) throws -> [Substring] {
        try Programs.run("readelf", "--wide", option, path).output.split(separator: "\n")
    }
}

/// Programs of the system that run to their end.
enum Programs {
    struct Ended {
        let status: Int32
        let output: String
        let errors: String
    }

    static let hasCompiler = (try? run("cc", "--version"))?.status == 0
    static let compilerMissing = "cc is not installed"

    /// Runs a program that is found on PATH.
    static func run(_ program: String, _ arguments: String...) throws -> Ended {
        let folder = try TestFolder()
        try folder.write("", to: "output")
        try folder.write("", to: "errors")
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = [program] + arguments
        process.standardInput = FileHandle.nullDevice
        process.standardOutput = try FileHandle(forWritingTo: URL(fileURLWithPath: folder("output")))
        process.standardError = try FileHandle(forWritingTo: URL(fileURLWithPath: folder("errors")))
        try process.run()
        process.waitUntilExit()
        return Ended(
            status: process.terminationStatus, output: try folder.text("output"), errors: try folder.text("errors"))
    }
}
