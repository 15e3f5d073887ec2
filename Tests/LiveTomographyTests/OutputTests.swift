import Foundation
import PenstockFormats
import PenstockTomography
import TestSupport
import Testing

@Suite struct OutputTests {
    let folder: TestFolder

    init() throws {
        folder = try TestFolder()
        try Scans.stone(rows: 3, angles: 60).write(to: folder("scan.h5"))
    }

    private func floats(_ name: String) throws -> [Float] {
        try folder.data(name).withUnsafeBytes { Array($0.bindMemory(to: Float.self)) }
    }

    /// The pixels of a TIFF image in its own type.
    private func pixels<Element: FormatElement>(_ name: String) throws -> [Element] {
        let image = try TIFFImage(opening: folder(name))
        try #require(image.elementType == Element.elementType)
        var pixels = [Element](repeating: .zero, count: image.pixelCount)
        try pixels.withUnsafeMutableBufferPointer { try image.readNative(into: $0) }
        return pixels
    }

    @Test("a Zarr volume has the voxels of the HDF5 volume, and a replay gives the same bytes", arguments: ["2", "3"])
    func zarr(version: String) throws {
        let options = ["--centre", "50.3", "--zarr-format", version, "--zarr-codec", "none"]
        try Program.succeed(
            "run", "--input", "scan.h5", "--output", "v.h5", "--centre", "50.3", "--log", "log", in: folder)
        let replay = try Program.run(["replay", "--log", "log", "--output", "v.zarr"] + options, in: folder)
        #expect(replay.status == 0)
        // 3 slices of 96 x 96 voxels are one chunk.
        let chunk = version == "2" ? "0/0/0/0" : "0/c/0/0/0"
        #expect(try floats("v.zarr/" + chunk) == Array(Volume(folder("v.h5")).slices.joined()))
        let run = try Program.run(
            ["run", "--input", "scan.h5", "--output", "w.zarr", "--log", "other"] + options, in: folder)
        #expect(run.status == 0)
        #expect(try folder.data("w.zarr/" + chunk) == folder.data("v.zarr/" + chunk))
        let metadata = version == "2" ? ".zattrs" : "zarr.json"
        // What viewers call the image is the name of the folder.
        #expect(
            try folder.text("w.zarr/" + metadata).replacing("w.zarr", with: "v.zarr")
                == folder.text("v.zarr/" + metadata))
        let again = try Program.run(["replay", "--log", "log", "--output", "v.zarr"] + options, in: folder)
        #expect(again.status == 74)
        #expect(again.errorLines.first == "error: v.zarr: exists already")
        #expect(folder.names().filter { $0.hasPrefix(".") }.isEmpty)
    }

    @Test(
        "zarr-python and h5py read the same numbers",
        .enabled(if: Python.hasReaders && Python.hasZarr, "\(Python.missing), or \(Python.zarrMissing)"))
    func readByPython() throws {
        try Program.succeed(
            "run", "--input", "scan.h5", "--output", "v.h5", "--centre", "50.3", "--log", "log", in: folder)
        for version in ["2", "3"] {
            try Program.succeed(
                "replay", "--log", "log", "--output", "\(version).zarr", "--centre", "50.3", "--zarr-format", version,
                in: folder)
            let said = try Python.run(
                """
                import sys, h5py, zarr, numpy as np
                h = h5py.File(sys.argv[1])
                g = zarr.open_group(sys.argv[2], mode="r")
                a = h["exchange/data"]
                print(np.array_equal(a[:], g["0"][:]), a.shape, dict(h["process/reconstruction"].attrs) == g.attrs["process"])
                """, folder("v.h5"), folder("\(version).zarr"))
            #expect(said == "True (3, 96, 96) True")
        }
    }

    @Test(
        "tifffile reads the numbers that h5py reads", .enabled(if: Python.hasReaders, "\(Python.missing)"))
    func tiffByPython() throws {
        try Program.succeed(
            "run", "--input", "scan.h5", "--output", "v.h5", "--centre", "50.3", "--tiff", "slices", in: folder)
        let said = try Python.run(
            """
            import sys, glob, h5py, tifffile, numpy as np
            a = h5py.File(sys.argv[1])["exchange/data"][:]
            names = sorted(glob.glob(sys.argv[2] + "/window_00000/recon_*.tiff"))
            t = np.stack([tifffile.imread(n) for n in names])
            print(np.array_equal(a, t), t.dtype, t.shape)
            """, folder("v.h5"), folder("slices"))
        #expect(said == "True float32 (3, 96, 96)")
    }

    @Test("a volume says with what, how and from which input it was made; a replay of the scan says the same")
    func provenance() throws {
        try Program.succeed(
            "run", "--input", "scan.h5", "--output", "v.h5", "--centre", "50.3", "--log", "log", in: folder)
        try Program.succeed("replay", "--log", "log", "--output", "r.h5", "--centre", "50.3", in: folder)
        #expect(try folder.data("v.h5") == folder.data("r.h5"))
        let file = try HDF5File(opening: folder("r.h5"))
        let sum = try FileChecksum.sha256([folder("scan.h5")])
        for (name, value) in [
            ("software", "Penstock"), ("input_sha256", sum), ("filter", "shepp"), ("centre", "50.3"), ("rows", "all"),
        ] {
            #expect(try file.attribute(name, of: "/process/reconstruction") == .text(value), "\(name)")
        }
        #expect(try file.attribute("software_version", of: "/process/reconstruction") != nil)
        let document = try JSONSerialization.jsonObject(with: folder.data("r.h5.provenance.json")) as? [String: Any]
        #expect((document?["source"] as? [String: String])?["sha256"] == sum)
        try Program.succeed(
            "run", "--input", "scan.h5", "--output", "n.h5", "--centre", "50.3", "--log", "n", "--no-checksum",
            in: folder)
        #expect(
            try HDF5File(opening: folder("n.h5")).attribute("input_sha256", of: "/process/reconstruction") == nil)
    }

    @Test("16-bit TIFF is the float32 slice over the range that was asked for")
    func sixteenBits() throws {
        let options = ["--centre", "50.3", "--log", "log"]
        let run = try Program.run(
            ["run", "--input", "scan.h5", "--output", "v.h5", "--tiff", "t"] + options, in: folder)
        #expect(run.status == 0)
        let replay = try Program.run(
            ["replay", "--output", "w.h5", "--tiff", "u", "--tiff-range", "-0.002:0.01"] + options, in: folder)
        #expect(replay.status == 0)
        let name = "window_00000/recon_00001.tiff"
        let floats: [Float] = try pixels("t/" + name)
        let numbers: [UInt16] = try pixels("u/" + name)
        #expect(floats.contains { $0 < -0.002 } && floats.contains { $0 > 0.01 })
        let expected = floats.map { UInt16(max(0, min(65535, (Double($0) + 0.002) / 0.012 * 65535)).rounded()) }
        #expect(zip(numbers, expected).allSatisfy { abs(Int($0) - Int($1)) <= 1 })
        #expect(numbers.contains(0) && numbers.contains(65535) && Set(numbers).count > 1000)
        let alone = try Program.run(["replay", "--tiff-range", "0:1", "--output", "x.h5"] + options, in: folder)
        #expect(alone.status == 64)
        #expect(alone.errors.contains("--tiff-range says what --tiff DIR writes: give both"))
    }
}
