import Foundation
import PenstockFormats
import TestSupport
import Testing

/// Scans that another program still writes: NXtomo files, and folders that are filled with TIFF files. Data Exchange files are in
/// `HDF5InputTests`.
@Suite struct FollowTests {
    let folder: TestFolder

    init() throws {
        folder = try TestFolder()
        try Scans.stone(rows: 2, angles: 40).write(to: folder("scan.h5"))
        try FileManager.default.createDirectory(atPath: folder("raw"), withIntermediateDirectories: false)
        try folder.write((0..<40).map { "\(4.5 * Double($0))\n" }.joined(), to: "angles.txt")
    }

    private static let run = [
        "run", "--output", "v.h5", "--centre", "50.3", "--no-checksum", "--overwrite", "--log", "log",
    ]
    private static let tiff = [
        "--input", "raw", "--flats", "scan.h5", "--darks", "scan.h5", "--angles", "angles.txt", "--follow",
    ]

    private func expected(_ projections: Int = 40) throws -> [[Float]] {
        try Scans.copy(folder("scan.h5"), projections: 0..<projections, to: folder("part.h5"))
        let outcome = try Program.run(
            ["run", "--input", "part.h5", "--output", "e.h5", "--centre", "50.3", "--log", "other"], in: folder)
        try #require(outcome.status == 0, "\(outcome.errors)")
        return try Volume(folder("e.h5")).slices
    }

    /// The bytes of the TIFF file of a projection.
    private func image(_ number: Int) throws -> Data {
        let dataset = try HDF5File(opening: folder("scan.h5")).dataset("/exchange/data")
        let counts: [UInt16] = try dataset.readAll()
        try counts[number * 192..<(number + 1) * 192].withUnsafeBufferPointer {
            try TIFFFile.write($0, rows: 2, columns: 96, to: folder("image.tif"))
        }
        defer { try? folder.remove("image.tif") }
        return try folder.data("image.tif")
    }

    private func write(_ data: Data, _ number: Int) throws {
        try data.write(to: URL(fileURLWithPath: folder("raw/p_\(number).tif")))
    }

    @Test("a folder is read while it is filled, in the order of the numbers, no image half, and ends with the angles")
    func growingFolder() throws {
        let images = try (0..<40).map { try image($0) }
        for number in 0..<3 { try write(images[number], number) }
        let program = try Program(Self.run + Self.tiff + ["300", "--progress", "json"], in: folder)
        #expect(try program.waitForAcknowledged(3))
        // Half of an image, and others behind it, which have to wait for it.
        try write(images[3].prefix(images[3].count / 2), 3)
        for number in 4..<40 { try write(images[number], number) }
        usleep(600_000)
        #expect(program.acknowledged == 3)
        #expect(program.isRunning)
        try write(images[3], 3)
        let outcome = try program.wait()
        #expect(outcome.status == 0, "\(outcome.errors)")
        let slices = try Volume(folder("v.h5")).slices
        #expect(try slices == expected())
        try Program.succeed("replay", "--log", "log", "--centre", "50.3", "--output", "r.h5", in: folder)
        #expect(try folder.data("r.h5") == folder.data("v.h5"))
    }

    @Test("when nothing comes any more the scan ends, and how many projections are missing is said")
    func abandonedFolder() throws {
        for number in 0..<30 { try write(try image(number), number) }
        try write(try image(30).prefix(200), 30)
        let outcome = try Program.run(Self.run + Self.tiff + ["1"], in: folder)
        #expect(outcome.status == 0, "\(outcome.errors)")
        #expect(
            outcome.errors.contains("the scan was broken off: it has 30 of the 40 projections that it announced"))
        #expect(try Volume(folder("v.h5")).slices == expected(30))
    }

    @Test("a folder in which nothing comes, or nothing that can be read, ends with an error that says so")
    func nothing() throws {
        let empty = try Program.run(Self.run + Self.tiff + ["0.5"], in: folder)
        #expect(empty.status == 65)
        #expect(empty.errorLines.first == "error: raw: no projections came within 0.5 s")
        try write(try image(0).prefix(200), 0)
        let cut = try Program.run(Self.run + Self.tiff + ["0.5"], in: folder)
        #expect(cut.status == 65)
        #expect(cut.errorLines.first?.hasPrefix("error: raw/p_0.tif: is cut off") == true)
    }

    @Test("an image whose place has passed ends the scan: angles go by the order")
    func lateImage() throws {
        for number in [0, 1, 3] { try write(try image(number), number) }
        let program = try Program(Self.run + Self.tiff + ["300", "--progress", "json"], in: folder)
        #expect(try program.waitForAcknowledged(3))
        try write(try image(2), 2)
        let outcome = try program.wait()
        #expect(outcome.status == 65)
        #expect(
            outcome.errors.contains(
                "error: raw/p_2.tif: came when images behind it had been read, so its place has passed"))
    }

    /// Writes an NXtomo file with h5py, five frames at a time with a flush behind each; flats come again in the middle.
    private static let writer = """
        import sys, time, h5py, numpy as np
        d, says = sys.argv[1], sys.argv[2] == "complete"
        s = h5py.File(d + "/scan.h5")["exchange"]
        flats, darks, data, theta = (s[n][:] for n in ["data_white", "data_dark", "data", "theta"])
        frames = np.concatenate([darks, flats, data[:20], flats, data[20:]])
        keys = np.array([2] * 10 + [1] * 10 + [0] * 20 + [1] * 10 + [0] * 20)
        angles = np.concatenate([np.zeros(20), theta[:20], np.full(10, 90.0), theta[20:]])
        f = h5py.File(d + "/growing.nxs", "w", libver=("v110", "v110"))
        e = f.create_group("entry")
        e["definition"] = "NXtomo"
        sets = [
            (e.create_dataset("sample/rotation_angle", (0,), "f8", maxshape=(None,), chunks=(16,)), angles),
            (e.create_dataset("instrument/detector/image_key", (0,), "i4", maxshape=(None,), chunks=(16,)), keys),
            (e.create_dataset("instrument/detector/data", (0, 2, 96), "u2", maxshape=(None, 2, 96), chunks=(4, 2, 96)),
             frames)]
        sets[2][0].attrs["complete"] = 0
        f.swmr_mode = True
        print("ready", flush=True)
        for i in range(0, len(frames), 5):
            for dataset, values in sets:
                dataset.resize(i + 5, axis=0); dataset[i:i + 5] = values[i:i + 5]; dataset.flush()
            time.sleep(0.05)
            if i == 25: time.sleep(1)
        if says:
            sets[2][0].attrs.modify("complete", 1)
            sets[2][0].flush(); f.flush()
        print("written", flush=True)
        sys.stdin.read()
        """

    @Test(
        "an NXtomo file is read while it is written, with the flats that come again",
        .enabled(if: Python.hasReaders, "\(Python.missing)"), arguments: ["complete", "silent"])
    func growingNXtomo(end: String) throws {
        // Its first line: the datasets are there.
        try Python.whileRunning(Self.writer, folder.path, end) { isRunning in
            let outcome = try Program.run(
                Self.run + ["--input", "growing.nxs", "--follow", end == "complete" ? "300" : "4"], in: folder)
            #expect(outcome.status == 0, "\(outcome.errors)")
            #expect(isRunning())
            #expect(try Volume(folder("v.h5")).slices == expected())
            #expect(outcome.output.contains("40 projections recorded"))
        }
    }
}
