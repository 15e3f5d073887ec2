import Foundation
import PenstockFormats
import TestSupport
import Testing

/// The same scan in every format that is read.
@Suite struct InputTests {
    let folder: TestFolder

    init() throws {
        folder = try TestFolder()
        try Scans.stone(rows: 4, angles: 60).write(to: folder("scan.h5"))
    }

    private static let run = ["run", "--output", "v.h5", "--centre", "50.3", "--no-checksum", "--overwrite"]

    private func volume(_ options: String...) throws -> Volume {
        let outcome = try Program.run(Self.run + options, in: folder)
        try #require(outcome.status == 0, "\(options): \(outcome.errors)")
        return try Volume(folder("v.h5"))
    }

    /// The frames of a dataset of the scan, each with its pixels.
    private func frames(_ name: String) throws -> [[UInt16]] {
        let dataset = try HDF5File(opening: folder("scan.h5")).dataset("/exchange/" + name)
        let pixels: [UInt16] = try dataset.readAll()
        let size = dataset.shape[1] * dataset.shape[2]
        return (0..<dataset.shape[0]).map { Array(pixels[$0 * size..<($0 + 1) * size]) }
    }

    private func writeStack(_ name: String) throws {
        try FileManager.default.createDirectory(atPath: folder(name), withIntermediateDirectories: false)
        for (number, pixels) in try frames(name).enumerated() {
            // No zeros in front: the order is that of the numbers, not of the names.
            try pixels.withUnsafeBufferPointer {
                try TIFFFile.write($0, rows: 4, columns: 96, to: folder("\(name)/frame_\(number).tif"))
            }
        }
    }

    @Test("folders of TIFF images give the slices of the Data Exchange file")
    func tiff() throws {
        let expected = try volume("--input", "scan.h5")
        for name in ["data", "data_white", "data_dark"] { try writeStack(name) }
        try folder.write((0..<60).map { "\(3 * $0)\n" }.joined(), to: "angles.txt")
        let slices = try volume(
            "--input", "data", "--flats", "data_white", "--darks", "data_dark", "--angles", "angles.txt"
        ).slices
        #expect(slices == expected.slices)
        try folder.write((0..<60).map { "\(Double(3 * $0) * .pi / 180)\n" }.joined(), to: "radians.txt")
        let options = ["--input", "data", "--flats", "scan.h5", "--darks", "scan.h5", "--angles", "radians.txt"]
        let refused = try Program.run(Self.run + options, in: folder)
        #expect(refused.status == 65)
        #expect(refused.errorLines.last == "hint: give --angle-unit rad, or --angle-unit deg if they are degrees")
        let converted = try Program.run(Self.run + options + ["--angle-unit", "rad"], in: folder)
        #expect(converted.status == 0)
        let turned = try Volume(folder("v.h5"))
        #expect(turned.slices.count == 4)
        #expect(Score(turned.slices[1], expected.slices[1], size: 96, disk: 0.95).correlation > 0.999_999)
    }

    @Test("an NXtomo file with its flats between the projections gives what each set of flats makes of them")
    func nxtomo() throws {
        let (data, flats, darks) = (try frames("data"), try frames("data_white"), try frames("data_dark"))
        let all = darks + flats + data[..<30] + flats + data[30...]
        let keys =
            Array(repeating: Int32(2), count: 10) + Array(repeating: 1, count: 10) + Array(repeating: 0, count: 30)
        let file = try HDF5File(creating: folder("scan.nxs"))
        try file.write("NXtomo", to: "/entry1/tomo_entry/definition")
        let detector = "/entry1/tomo_entry/instrument/detector/"
        try file.createDataset(
            detector + "data", shape: [all.count, 4, 96], of: .u16, storage: .chunked([1, 4, 96], deflate: 4)
        ).writeAll(Array(all.joined()))
        try file.write(keys + keys[10...], to: detector + "image_key")
        let angles =
            (0..<30).map { 3 * Double($0) } + Array(repeating: 90, count: 10) + (30..<60).map { 3 * Double($0) }
        try file.write(Array(repeating: 0, count: 20) + angles, to: "/entry1/tomo_entry/sample/rotation_angle")
        try file.close()
        let expected = try volume("--input", "scan.h5").slices
        // The second set is the first once more: the projections behind it come out the same.
        #expect(try volume("--input", "scan.nxs").slices == expected)
    }

    @Test(
        "files that h5py and tifffile write give the slices of the Data Exchange file",
        .enabled(if: Python.hasReaders, "\(Python.missing)"))
    func python() throws {
        try Python.run(
            """
            import sys, h5py, tifffile, numpy as np
            d = sys.argv[1]
            s = h5py.File(d + "/scan.h5")["exchange"]
            flats, darks, data, theta = (s[n][:] for n in ["data_white", "data_dark", "data", "theta"])
            with h5py.File(d + "/h5py.nxs", "w") as f:
                e = f.create_group("scan7")
                e.attrs["NX_class"] = "NXentry"
                e["definition"] = np.bytes_("NXtomo")
                frames = np.concatenate([flats, data[:1] * 0, darks, data]).astype(">u2")
                e.create_dataset("instrument/detector/data", data=frames, chunks=(3, 2, 50), compression="gzip",
                    shuffle=True)
                e["instrument/detector/image_key"] = np.array([1] * 10 + [3] + [2] * 10 + [0] * 60, "u1")
                angle = np.concatenate([np.zeros(21), np.deg2rad(theta)])
                e["sample/rotation_angle"] = angle
                e["sample/rotation_angle"].attrs["units"] = "rad"
                e["data/data"] = h5py.SoftLink("/scan7/instrument/detector/data")
            tifffile.imwrite(d + "/pages.tif", data, bigtiff=True, byteorder=">", tile=(16, 32), metadata=None,
                photometric="minisblack")
            tifffile.imwrite(d + "/flats.tif", flats.astype("u4"), compression="zlib", metadata=None,
                photometric="minisblack")
            tifffile.imwrite(d + "/darks.tif", darks.astype("f4"), rowsperstrip=3, metadata=None,
                photometric="minisblack")
            np.savetxt(d + "/angles.txt", theta, header="theta in degrees")
            """, folder.path)
        let expected = try volume("--input", "scan.h5").slices
        let pages = try volume(
            "--input", "pages.tif", "--flats", "flats.tif", "--darks", "darks.tif", "--angles", "angles.txt")
        #expect(pages.slices == expected)
        // Radians come back as degrees up to the last bits.
        let nexus = try volume("--input", "h5py.nxs").slices
        for (slice, other) in zip(nexus, expected) {
            #expect(Score(slice, other, size: 96, disk: 1).relativeError < 1e-5)
        }
    }

    @Test("wanted rows are the slices that the whole volume has there, bit for bit, also in a replay")
    func rows() throws {
        let whole = try volume("--input", "scan.h5", "--log", "log")
        let some = try volume("--input", "scan.h5", "--rows", "3,0-1", "--tiff", "t")
        #expect(some.slices == [whole.slices[0], whole.slices[1], whole.slices[3]])
        #expect(folder.names(in: "t/window_00000") == ["recon_00000.tiff", "recon_00001.tiff", "recon_00003.tiff"])
        try Program.succeed(
            "replay", "--log", "log", "--rows", "2", "--centre", "50.3", "--output", "two.h5", in: folder)
        #expect(try Volume(folder("two.h5")).slices == [whole.slices[2]])
        let file = try HDF5File(opening: folder("two.h5"))
        #expect(try file.attribute("rows", of: "/process/reconstruction") == .text("2"))
        let outside = try Program.run(Self.run + ["--input", "scan.h5", "--rows", "2-4"], in: folder)
        #expect(outside.status == 64)
        #expect(
            outside.errorLines == [
                "error: row 4 is not on the detector, whose rows are 0 to 3",
                "hint: rows are counted from 0; give --rows all for all of them",
            ])
        #expect(try Program.run(Self.run + ["--input", "scan.h5", "--rows", "x"], in: folder).status == 64)
    }
}
