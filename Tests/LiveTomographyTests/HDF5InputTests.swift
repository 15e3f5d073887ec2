import Foundation
import PenstockFormats
import TestSupport
import Testing

/// What other programs write with the HDF5 library: types, filters, virtual datasets, and files that grow while they are read.
@Suite(.enabled(if: Python.hasReaders, "\(Python.missing)")) struct HDF5InputTests {
    let folder: TestFolder

    init() throws {
        folder = try TestFolder()
        try Scans.stone(rows: 2, angles: 40).write(to: folder("scan.h5"))
    }

    private static let run = ["run", "--output", "v.h5", "--centre", "50.3", "--no-checksum", "--overwrite", "--input"]

    private func slices(of input: String, environment: [String: String] = [:]) throws -> [[Float]] {
        let outcome = try Program.run(Self.run + [input], environment: environment, in: folder)
        try #require(outcome.status == 0, "\(input): \(outcome.errors)")
        return try Volume(folder("v.h5")).slices
    }

    @Test("counts of every type, in both byte orders, give the slices of the 16-bit scan")
    func types() throws {
        try Python.run(
            """
            import sys, h5py, numpy as np
            d = sys.argv[1]
            s = h5py.File(d + "/scan.h5")["exchange"]
            for order in "<>":
                for t in ["u2", "u4", "i4", "f4", "f8", "i2"]:
                    with h5py.File(d + "/%s%s.h5" % ({"<": "little-", ">": "big-"}[order], t), "w") as f:
                        for n in ["data", "data_white", "data_dark"]:
                            counts = s[n][:].astype("i8") - (32768 if t == "i2" else 0)
                            f["exchange/" + n] = counts.astype(order + t)
                        f["exchange/theta"] = s["theta"][:].astype(order + "f4")
            with h5py.File(d + "/u1.h5", "w") as f:
                for n in ["data", "data_white", "data_dark"]: f["exchange/" + n] = (s[n][:] // 256).astype("u1")
                f["exchange/theta"] = s["theta"][:]
            """, folder.path)
        let expected = try slices(of: "scan.h5")
        for type in ["u2", "u4", "i4", "f4", "f8"] {
            for order in ["little", "big"] {
                #expect(try slices(of: "\(order)-\(type).h5") == expected, "\(order) \(type)")
            }
        }
        // Counts that are negative by a shift, darks and flats as well: the same up to rounding. And with 8 bits only.
        let negative = try slices(of: "little-i2.h5")
        #expect(try slices(of: "big-i2.h5") == negative)
        let coarse = try slices(of: "u1.h5")
        for row in 0..<2 {
            #expect(Score(negative[row], expected[row], size: 96, disk: 1).relativeError < 1e-4)
            #expect(Score(coarse[row], expected[row], size: 96, disk: 0.9).correlation > 0.95)
        }
    }

    @Test("a virtual dataset is read from its files, and one of them that is missing is named")
    func virtual() throws {
        try Python.run(
            """
            import sys, os, h5py, numpy as np
            d = sys.argv[1]
            os.mkdir(d + "/raw")
            s = h5py.File(d + "/scan.h5")["exchange"]
            layout = h5py.VirtualLayout(shape=s["data"].shape, dtype="u2")
            for part in range(2):
                with h5py.File(d + "/raw/%d.h5" % part, "w") as f: f["frames"] = s["data"][20 * part:20 * part + 20]
                layout[20 * part:20 * part + 20] = h5py.VirtualSource("raw/%d.h5" % part, "frames", shape=(20, 2, 96))
            with h5py.File(d + "/virtual.h5", "w") as f:
                f.create_virtual_dataset("exchange/data", layout)
                for n in ["data_white", "data_dark", "theta"]: f["exchange/" + n] = s[n][:]
            """, folder.path)
        #expect(try slices(of: "virtual.h5") == slices(of: "scan.h5"))
        try folder.remove("raw/1.h5")
        let outcome = try Program.run(Self.run + ["virtual.h5"], in: folder)
        #expect(outcome.status == 66)
        #expect(
            outcome.errorLines == [
                "error: virtual.h5, /exchange/data: takes its elements from raw/1.h5, which is not there",
                "hint: keep the files of a virtual dataset where they were when it was made; `h5ls -v FILE` lists them",
            ])
    }

    @Test(
        "frames that plugins compressed are read where the plugins are, and else the filter is named",
        .enabled(if: Python.hasPlugins, "\(Python.pluginsMissing)"))
    func plugins() throws {
        let plugins = try Python.run(
            """
            import sys, h5py, hdf5plugin
            d = sys.argv[1]
            s = h5py.File(d + "/scan.h5")["exchange"]
            for name, filter in [("lz4", hdf5plugin.LZ4()), ("bitshuffle", hdf5plugin.Bitshuffle()),
                                 ("zstd", hdf5plugin.Zstd()), ("blosc", hdf5plugin.Blosc())]:
                with h5py.File(d + "/%s.h5" % name, "w") as f:
                    for n in ["data", "data_white", "data_dark"]:
                        f.create_dataset("exchange/" + n, data=s[n][:], chunks=(4, 2, 96), **filter)
                    f["exchange/theta"] = s["theta"][:]
            print(hdf5plugin.PLUGIN_PATH)
            """, folder.path)
        let expected = try slices(of: "scan.h5")
        for (name, number) in [("lz4", 32004), ("bitshuffle", 32008), ("zstd", 32015), ("blosc", 32001)] {
            #expect(try slices(of: "\(name).h5", environment: ["HDF5_PLUGIN_PATH": plugins]) == expected, "\(name)")
            let without = try Program.run(
                Self.run + ["\(name).h5"], environment: ["HDF5_PLUGIN_PATH": folder.path], in: folder)
            #expect(without.status == 69)
            let told = without.errorLines.first?.lowercased() ?? ""
            #expect(told.hasPrefix("error: \(name).h5, /exchange/data: is compressed by the filter "))
            #expect(told.contains(name) && told.hasSuffix("(number \(number)), which is not installed"))
            #expect(without.errorLines.count == 2 && without.errorLines[1].contains("hdf5plugin"))
        }
    }

    /// Copies the scan into a file with h5py, some frames at a time with a flush behind each, and sleeps when half are there; says `complete`
    /// at the end or not.
    private static let writer = """
        import sys, time, h5py
        d, says = sys.argv[1], sys.argv[2] == "complete"
        s = h5py.File(d + "/scan.h5")["exchange"]
        data, theta = s["data"][:], s["theta"][:]
        f = h5py.File(d + "/growing.h5", "w", libver=("v110", "v110"))
        for n in ["data_white", "data_dark"]: f["exchange/" + n] = s[n][:]
        frames = f.create_dataset("exchange/data", (0, 2, 96), "u2", maxshape=(None, 2, 96), chunks=(4, 2, 96))
        angles = f.create_dataset("exchange/theta", (0,), "f8", maxshape=(None,), chunks=(16,))
        frames.attrs["complete"] = 0
        f.swmr_mode = True
        print("ready", flush=True)
        for i in range(0, len(data), 5):
            angles.resize((i + 5,)); angles[i:i + 5] = theta[i:i + 5]; angles.flush()
            frames.resize(i + 5, axis=0); frames[i:i + 5] = data[i:i + 5]; frames.flush()
            time.sleep(0.05)
            if i == 20: time.sleep(1)
        if says:
            frames.attrs.modify("complete", 1)
            frames.flush(); f.flush()
        print("written", flush=True)
        sys.stdin.read()
        """

    @Test("a file that another program still writes is read while it grows", arguments: ["complete", "silent"])
    func growing(end: String) throws {
        // Its first line: the datasets are there.
        try Python.whileRunning(Self.writer, folder.path, end) { isRunning in
            // A long time-out where the attribute ends the scan; a short one, but longer than the pauses, where it does not.
            let timeout = end == "complete" ? "300" : "4"
            let outcome = try Program.run(
                Self.run + ["growing.h5", "--follow", timeout, "--log", "log"], in: folder)
            #expect(outcome.status == 0, "\(outcome.errors)")
            #expect(isRunning())
            let slices = try Volume(folder("v.h5")).slices
            #expect(try self.slices(of: "scan.h5") == slices)
            let replay = try Program.run(
                ["replay", "--log", "log", "--centre", "50.3", "--output", "r.h5"], in: folder)
            #expect(replay.status == 0)
            #expect(try Volume(folder("r.h5")).slices == slices)
        }
    }
}
