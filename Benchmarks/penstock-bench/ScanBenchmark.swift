import ArgumentParser
import Foundation
import PenstockBenchmarks
import PenstockFormats
import PenstockTomography

/// A whole scan from file to volume by `LiveTomography run`, beside the sum of what cannot be left out.
struct ScanBenchmark: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "scan", abstract: "Reconstruct a scan from file through the log to HDF5, beside its bare parts.",
        discussion: """
            The scan is a noisy stone of 16-bit counts. total_cpu_ms is the processor time of one process of \
            LiveTomography run, with its start, the checks, the log, flat field and -log; the bare parts are loops in \
            this process over the same file: its counts are read, the attenuations of all slices are reconstructed by \
            gridrec on one thread, and the volume is written to HDF5, to the device. ratio is total to the sum of the three. All are \
            the least of some rounds in turn.
            """)

    @Option(help: "Projections, evenly over 180 degrees.") var angles = 721
    @Option(help: "Rows of the detector.") var rows = 64
    @Option(help: "Columns of the detector.") var columns = 1024
    @Option(help: "Rounds.") var rounds = 5
    @Option(help: "Folder of the scan, the log and the volumes: some gigabytes for a while.") var folder: String?
    @Option(help: "The program; by default the one beside this.") var program: String?
    @Flag(help: "Print one JSON object.") var json = false

    func validate() throws {
        guard angles > 1, rows > 0, columns > 7, rounds > 0 else { throw ValidationError("all sizes must be positive") }
    }

    func run() throws {
        let base = folder.map { URL(fileURLWithPath: $0) } ?? FileManager.default.temporaryDirectory
        let work = base.appendingPathComponent("penstock-bench-scan-\(ProcessInfo.processInfo.processIdentifier)")
        try FileManager.default.createDirectory(at: work, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: work) }
        let scan = SyntheticScan(
            phantom: .stone(rows: rows, columns: columns), rows: rows, columns: columns,
            anglesDegrees: (0..<angles).map { Double($0) * 180 / Double(angles) }, centre: Double(columns) / 2 + 2.3,
            seed: 1)
        let file = work.appendingPathComponent("scan.h5").path
        try scan.write(to: file)
        let radians = scan.anglesDegrees.map { $0 * .pi / 180 }
        let plan = try GridrecPlan(columns: columns, anglesRadians: radians, centre: scan.centre)
        var least = Times()
        for _ in 0..<rounds { least = least.least(try round(file, plan, work)) }
        var figures = FigureList()
        figures.add("angles", Double(angles))
        figures.add("rows", Double(rows))
        figures.add("columns", Double(columns))
        figures.add("total_cpu_ms", least.total)
        figures.add("reading_cpu_ms", least.reading)
        figures.add("reconstruction_cpu_ms", least.reconstruction)
        figures.add("writing_cpu_ms", least.writing)
        figures.add("ratio", least.total / (least.reading + least.reconstruction + least.writing))
        figures.print(json: json)
    }

    /// Processor milliseconds.
    private struct Times {
        var total = Double.infinity
        var reading = Double.infinity
        var reconstruction = Double.infinity
        var writing = Double.infinity

        func least(_ other: Times) -> Times {
            Times(
                total: min(total, other.total), reading: min(reading, other.reading),
                reconstruction: min(reconstruction, other.reconstruction), writing: min(writing, other.writing))
        }
    }

    private func round(_ file: String, _ plan: GridrecPlan, _ work: URL) throws -> Times {
        var times = Times()
        let volume = work.appendingPathComponent("bare.h5").path
        defer { try? FileManager.default.removeItem(atPath: volume) }
        var counts: [UInt16] = []
        times.reading = try Self.processMilliseconds { counts = try Self.read("/exchange/data", of: file) }
        let flat = try mean(Self.read("/exchange/data_white", of: file))
        let dark = try mean(Self.read("/exchange/data_dark", of: file))
        var values = [Float](repeating: 0, count: counts.count)
        prepare(counts, flat: flat, dark: dark, into: &values)
        var images = [Float](repeating: 0, count: rows * columns * columns)
        times.reconstruction = Self.processMilliseconds {
            values.withUnsafeBufferPointer { values in
                images.withUnsafeMutableBufferPointer { images in
                    plan.reconstruct(
                        .projections(values.baseAddress!, rows: rows, columns: columns), into: images.baseAddress!)
                }
            }
        }
        times.writing = try Self.processMilliseconds {
            let pending = try PendingFile(volume)
            let output = try HDF5File(creating: pending.temporaryPath)
            try Self.write(images, shape: [rows, columns, columns], to: output)
            try output.close()
            try pending.commit()
        }
        counts = []
        values = []
        images = []
        times.total = try runProgram(file, centre: plan.centre, work)
        return times
    }

    private static func read(_ name: String, of file: String) throws -> [UInt16] {
        try HDF5File(opening: file).dataset(name).readAll()
    }

    private static func write(_ images: [Float], shape: [Int], to file: borrowing HDF5File) throws {
        let dataset = try file.createDataset("/exchange/data", shape: shape, of: .f32)
        let size = shape[1] * shape[2]
        try images.withUnsafeBufferPointer { images in
            for slice in 0..<shape[0] {
                try dataset.write(
                    leading: slice..<slice + 1,
                    from: UnsafeBufferPointer(rebasing: images[slice * size..<(slice + 1) * size]))
            }
        }
    }

    private func mean(_ frames: [UInt16]) -> [Float] {
        var mean = FrameMean(pixelCount: rows * columns)
        frames.withUnsafeBufferPointer { frames in
            for start in stride(from: 0, to: frames.count, by: rows * columns) {
                mean.add(UnsafeBufferPointer(rebasing: frames[start..<start + rows * columns]))
            }
        }
        return mean.mean ?? []
    }

    private func prepare(_ counts: [UInt16], flat: [Float], dark: [Float], into values: inout [Float]) {
        let pixels = rows * columns
        counts.withUnsafeBufferPointer { counts in
            values.withUnsafeMutableBufferPointer { values in
                flat.withUnsafeBufferPointer { flat in
                    dark.withUnsafeBufferPointer { dark in
                        for start in stride(from: 0, to: counts.count, by: pixels) {
                            let frame = UnsafeMutableBufferPointer(rebasing: values[start..<start + pixels])
                            Transmission.normalise(
                                UnsafeBufferPointer(rebasing: counts[start..<start + pixels]), flat: flat, dark: dark,
                                into: frame)
                            Transmission.minusLog(UnsafeBufferPointer(frame), into: frame)
                        }
                    }
                }
            }
        }
    }

    /// Processor milliseconds of the program, all of its threads, from its start to its end.
    private func runProgram(_ file: String, centre: Double, _ work: URL) throws -> Double {
        let own = URL(fileURLWithPath: "/proc/self/exe").resolvingSymlinksInPath().deletingLastPathComponent()
        let executable = program.map { URL(fileURLWithPath: $0) } ?? own.appendingPathComponent("LiveTomography")
        guard FileManager.default.isExecutableFile(atPath: executable.path) else {
            throw ValidationError(
                "there is no program \(executable.path): build it by swift build -c release --product LiveTomography")
        }
        let log = work.appendingPathComponent("log")
        let volume = work.appendingPathComponent("volume.h5")
        defer { for output in [log, volume] { try? FileManager.default.removeItem(at: output) } }
        let process = Process()
        process.executableURL = executable
        process.arguments = [
            "run", "--input", file, "--no-checksum", "--centre", "\(centre)", "--log", log.path, "--output",
            volume.path,
            "--overwrite", "--quiet",
        ]
        let start = ProcessorTime.childrenNanoseconds
        try process.run()
        process.waitUntilExit()
        guard process.terminationStatus == 0 else {
            throw ValidationError("\(executable.path) has failed with status \(process.terminationStatus)")
        }
        return (ProcessorTime.childrenNanoseconds - start) * 1e-6
    }

    private static func processMilliseconds(of body: () throws -> Void) rethrows -> Double {
        let start = ProcessorTime.processNanoseconds
        try body()
        return (ProcessorTime.processNanoseconds - start) * 1e-6
    }
}
