import Foundation
import TestSupport

/// A program run to its end.
enum Command {
    struct Result {
        let status: Int32
        let output: String
        let errors: String
    }

    /// Runs a program. What it prints goes through files, so that neither pipe can fill up and stop it.
    static func run(_ executable: URL, _ arguments: [String], in directory: String? = nil) throws -> Result {
        let folder = try TestFolder()
        try folder.write("", to: "output")
        try folder.write("", to: "errors")
        let process = Process()
        process.executableURL = executable
        process.arguments = arguments
        process.standardInput = FileHandle.nullDevice
        process.standardOutput = try FileHandle(forWritingTo: URL(fileURLWithPath: folder("output")))
        process.standardError = try FileHandle(forWritingTo: URL(fileURLWithPath: folder("errors")))
        if let directory { process.currentDirectoryURL = URL(fileURLWithPath: directory) }
        try process.run()
        process.waitUntilExit()
        return Result(
            status: process.terminationStatus, output: try folder.text("output"), errors: try folder.text("errors"))
    }
}
