internal import Foundation

/// Python as an independent reader of our files.
package enum Python {
    package static let hasReaders = (try? run("import h5py, tifffile, PIL, numpy")) != nil
    package static let missing = "python3 with h5py, tifffile, numpy and pillow is not installed"
    /// Version 3 of zarr-python: the first that reads version 3 of the format.
    package static let hasZarr =
        (try? run("import zarr, numpy; assert int(zarr.__version__.split('.')[0]) >= 3")) != nil
    package static let zarrMissing = "python3 with zarr 3 or newer and numpy is not installed"

    /// The HDF5 filters LZ4, bitshuffle and others.
    package static let hasPlugins = (try? run("import h5py, hdf5plugin")) != nil
    package static let pluginsMissing = "python3 with h5py and hdf5plugin is not installed"

    /// Readers of RO-Crate and of W3C PROV.
    package static let hasCrates = (try? run("import rocrate.rocrate, prov.model")) != nil
    package static let cratesMissing =
        "python3 with rocrate and prov is not installed: Scripts/install-dependencies --testing does it"

    /// Where `Scripts/install-dependencies --testing` puts packages, beside those that are installed.
    private static let packages = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
        .deletingLastPathComponent().deletingLastPathComponent().appendingPathComponent(".build/python").path

    /// What finds them, behind what is installed.
    private static let search = "import sys; sys.path.append('\(packages)')\n"

    package struct Failure: Error { package let output: String }

    /// Runs a program with arguments and gives what it prints.
    @discardableResult package static func run(_ program: String, _ arguments: String...) throws -> String {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = ["python3", "-c", search + program] + arguments
        let output = Pipe()
        process.standardOutput = output
        process.standardError = output
        try process.run()
        let text = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        process.waitUntilExit()
        guard process.terminationStatus == 0 else { throw Failure(output: text) }
        return text.trimmingCharacters(in: .whitespacesAndNewlines)
    }

    /// Calls `body` while a program runs, once that has printed its first line. The program reads its input to the end before it goes.
    package static func whileRunning(
        _ program: String, _ arguments: String..., body: (_ isRunning: () -> Bool) throws -> Void
    ) throws {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = ["python3", "-c", program] + arguments
        let (input, output) = (Pipe(), Pipe())
        process.standardInput = input
        process.standardOutput = output
        try process.run()
        defer {
            try? input.fileHandleForWriting.close()
            process.waitUntilExit()
        }
        _ = output.fileHandleForReading.availableData
        try body { process.isRunning }
    }
}
