import Foundation
import PenstockFormats
import TestSupport
import Testing

@Suite struct SeriesTests {
    let folder: TestFolder

    init() throws {
        folder = try TestFolder()
        try Scans.stone(rows: 3, angles: 72, degrees: 360).write(to: folder("scan.h5"))
    }

    private static let options = ["--centre", "50.3", "--window", "180deg", "--every", "60deg"]

    private func volume(_ window: Int) -> String { "window_0000\(window).h5" }

    private func bytes(_ series: String) throws -> [Data] {
        try folder.names(in: series).map { try folder.data("\(series)/\($0)") }
    }

    @Test("every window is a volume that says which one it is, and the last one has the voxels of the output")
    func volumes() throws {
        let run = try Program.run(
            ["run", "--input", "scan.h5", "--output", "v.h5", "--series", "series", "--tiff", "slices"] + Self.options,
            in: folder)
        #expect(run.status == 0, "\(run.errors)")
        #expect(folder.names(in: "series") == (0..<6).map(volume))
        #expect(try Volume(folder("series/" + volume(5))).slices == Volume(folder("v.h5")).slices)
        // 12 projections every 60 degrees, and 36 in a half turn.
        let expected = [(12, 0, 55, false), (24, 0, 115, false), (36, 0, 175, true), (36, 60, 235, true)]
        for (window, (projections, first, last, complete)) in expected.enumerated() {
            let file = try HDF5File(opening: folder("series/" + volume(window)))
            func text(_ name: String) throws -> HDF5AttributeValue? {
                try file.attribute(name, of: "/process/reconstruction")
            }
            #expect(try text("window") == .text("\(window)"))
            #expect(try text("projections") == .text("\(projections)"))
            #expect(try text("first_angle") == .text("\(first).0"))
            #expect(try text("last_angle") == .text("\(last).0"))
            #expect(try text("complete") == .text("\(complete)"))
            #expect(try text("algorithm") == .text("gridrec"))
            let slices = try Volume(folder("series/" + volume(window))).slices
            for row in 0..<3 {
                let image = try TIFFImage(opening: folder("slices/window_0000\(window)/recon_0000\(row).tiff"))
                var pixels = [Float](repeating: 0, count: image.pixelCount)
                try pixels.withUnsafeMutableBufferPointer { try image.read(into: $0) }
                #expect(slices[row] == pixels)
            }
        }
    }

    @Test("a replay gives the bytes of the series for every size of batches and number of threads")
    func replay() throws {
        let run = try Program.run(
            ["run", "--input", "scan.h5", "--output", "v.h5", "--series", "series"] + Self.options, in: folder)
        #expect(run.status == 0, "\(run.errors)")
        let expected = try bytes("series")
        for (batch, parallelism) in [(1, 1), (7, 2), (4096, 4)] {
            let replay = try Program.run(
                ["replay", "--output", "r.h5", "--series", "again", "--overwrite", "--batch-size", "\(batch)"]
                    + ["--parallelism", "\(parallelism)"] + Self.options, in: folder)
            #expect(replay.status == 0, "\(replay.errors)")
            #expect(try bytes("again") == expected, "batches of \(batch), \(parallelism) threads")
        }
    }

    @Test("the series is Zarr where the output is, and a folder that exists is refused before the work")
    func zarr() throws {
        let run = try Program.run(
            ["run", "--input", "scan.h5", "--output", "v.zarr", "--series", "series"] + Self.options, in: folder)
        #expect(run.status == 0, "\(run.errors)")
        #expect(folder.names(in: "series") == (0..<6).map { "window_0000\($0).zarr" })
        let again = try Program.run(
            ["run", "--input", "scan.h5", "--output", "w.zarr", "--series", "series"] + Self.options, in: folder)
        #expect(again.status == 74)
        #expect(folder.names().filter { $0.hasPrefix(".") }.isEmpty)
    }
}
