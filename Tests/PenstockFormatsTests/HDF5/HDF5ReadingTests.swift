import Foundation
import PenstockFormats
import TestSupport
import Testing

@Suite struct HDF5ReadingTests {
    let folder: TestFolder

    init() throws { folder = try TestFolder() }

    /// A file that h5py writes: the independent source of the values below.
    private func sample() throws -> String {
        let path = folder("sample.h5")
        try Python.run(
            """
            import sys, h5py, numpy as np
            with h5py.File(sys.argv[1], "w") as f:
                stack = np.arange(4 * 3 * 5, dtype="<u2").reshape(4, 3, 5)
                f["exchange/data"] = stack
                f["exchange/big"] = stack.astype(">f4") + 0.5
                f["exchange/big_integers"] = stack.astype(">i4") - 30
                f.create_dataset("exchange/packed", data=stack, chunks=(1, 3, 5), compression="gzip", shuffle=True)
                f["exchange/theta"] = np.linspace(0, 180, 4)
                f["implements"] = "exchange:measurement"
                f["fixed"] = np.bytes_("fixed text")
                f["one"] = np.array([b"single"])
                f["centre"] = 295.75
                f["complex"] = np.zeros(2, dtype=[("a", "f4"), ("b", "f4")])
                f["exchange/data"].attrs["axes"] = "theta:y:x"
                f["exchange/data"].attrs["fixed"] = np.bytes_("counts")
                f["exchange/data"].attrs["origin"] = np.array([1.5, 2.5])
                f["exchange/data"].attrs["bins"] = np.array([2, 1], dtype=">i4")
                f["soft"] = h5py.SoftLink("/nowhere")
            """, path)
        return path
    }

    @Test("a range of projections arrives in the file's own type", .enabled(if: Python.hasReaders, "\(Python.missing)"))
    func nativeRange() throws {
        let file = try HDF5File(opening: sample())
        let data = try file.dataset("/exchange/data")
        #expect(data.shape == [4, 3, 5])
        #expect(data.elementType == .u16)
        var frames = [UInt16](repeating: 0, count: 30)
        try frames.withUnsafeMutableBytes { try data.readNative(Hyperslab(leading: 1..<3, of: data.shape), into: $0) }
        #expect(frames == (15..<45).map { UInt16($0) })
    }

    @Test("any box arrives as Float32", .enabled(if: Python.hasReaders, "\(Python.missing)"))
    func box() throws {
        let file = try HDF5File(opening: sample())
        for name in ["exchange/data", "exchange/packed"] {
            var box = [Float](repeating: 0, count: 4)
            try box.withUnsafeMutableBufferPointer {
                try file.dataset(name).read(Hyperslab(2..<4, 1..<2, 3..<5), into: $0)
            }
            #expect(box == [38, 39, 53, 54])
        }
    }

    @Test("big-endian numbers are converted", .enabled(if: Python.hasReaders, "\(Python.missing)"))
    func bigEndian() throws {
        let file = try HDF5File(opening: sample())
        #expect(try file.dataset("exchange/big").readAll(as: Float.self) == (0..<60).map { Float($0) + 0.5 })
        #expect(try file.dataset("exchange/big_integers").elementType == .i32)
        #expect(try file.dataset("exchange/big_integers").readAll(as: Int32.self) == (0..<60).map { $0 - 30 })
    }

    @Test("texts, numbers, vectors and names are read", .enabled(if: Python.hasReaders, "\(Python.missing)"))
    func values() throws {
        let file = try HDF5File(opening: sample())
        #expect(try file.readString("implements") == "exchange:measurement")
        #expect(try file.readString("fixed") == "fixed text")
        #expect(try file.readString("one") == "single")
        #expect(try file.readDouble("centre") == 295.75)
        #expect(try file.readVector("exchange/theta", as: Double.self) == [0, 60, 120, 180])
        #expect(try file.children(of: "/exchange") == ["big", "big_integers", "data", "packed", "theta"])
        #expect(try file.kind(of: "/exchange") == .group)
        #expect(try file.kind(of: "/exchange/data") == .dataset)
        #expect(try file.kind(of: "soft") == nil)
        #expect(try file.kind(of: "/exchange/data/below") == nil)
    }

    @Test("attributes are read", .enabled(if: Python.hasReaders, "\(Python.missing)"))
    func attributes() throws {
        let file = try HDF5File(opening: sample())
        #expect(try file.attribute("axes", of: "exchange/data") == "theta:y:x")
        #expect(try file.attribute("fixed", of: "exchange/data") == "counts")
        #expect(try file.attribute("origin", of: "exchange/data") == .numbers([1.5, 2.5]))
        #expect(try file.attribute("bins", of: "exchange/data") == .integers([2, 1]))
        #expect(try file.attribute("units", of: "exchange/data") == nil)
    }

    @Test("what does not fit is refused by name", .enabled(if: Python.hasReaders, "\(Python.missing)"))
    func refusals() throws {
        let path = try sample()
        let file = try HDF5File(opening: path)
        let missing = formatError { _ = try file.dataset("/exchange/date") }
        #expect(missing?.code == .missingDataset)
        #expect(missing?.summary == "\(path), /exchange/date: there is no such dataset")
        let group = formatError { _ = try file.dataset("/exchange") }
        #expect(group?.summary == "\(path), /exchange: is a group, not a dataset")
        #expect(missing?.hint == "group /exchange holds big, big_integers, data, packed, theta")
        #expect(formatError { _ = try file.dataset("/exchange") }?.code == .missingDataset)
        #expect(formatError { _ = try file.dataset("complex") }?.code == .wrongType)
        #expect(formatError { _ = try file.dataset("implements") }?.code == .wrongType)
        #expect(formatError { _ = try file.readString("centre") }?.code == .wrongType)
        #expect(formatError { _ = try file.readDouble("exchange/theta") }?.code == .wrongShape)
        #expect(formatError { _ = try file.readVector("exchange/data", as: Float.self) }?.code == .wrongShape)
        #expect(formatError { _ = try file.children(of: "nothing") }?.code == .missingDataset)
        var memory: [Float] = [0]
        let outside = formatError {
            try memory.withUnsafeMutableBufferPointer {
                try file.dataset("exchange/data").read(Hyperslab(4..<5, 0..<1, 0..<1), into: $0)
            }
        }
        #expect(outside?.code == .wrongShape)
        #expect(outside?.object == "exchange/data")
    }

    @Test("an unknown filter is refused by its name", .enabled(if: Python.hasReaders, "\(Python.missing)"))
    func unknownFilter() throws {
        let path = folder("filtered.h5")
        // h5py brings the filter lzf with it; the library alone does not have it.
        try Python.run(
            """
            import sys, h5py, numpy as np
            with h5py.File(sys.argv[1], "w") as f:
                f.create_dataset("data", data=np.zeros((64, 64), "f4"), chunks=(64, 64), compression="lzf")
            """, path)
        let file = try HDF5File(opening: path)
        let failure = formatError { _ = try file.dataset("data") }
        #expect(failure?.code == .unsupportedFilter)
        #expect(failure?.object == "data")
        #expect(failure?.summary.contains("filter lzf (number 32000)") == true)
    }

    @Test(
        "a missing file, another format and a cut file are told apart",
        .enabled(if: Python.hasReaders, "\(Python.missing)"))
    func damagedFiles() throws {
        #expect(formatError { _ = try HDF5File(opening: folder("absent.h5")) }?.code == .notFound)
        let text = try folder.write("not an HDF5 file at all, but long enough to be looked at", to: "text.h5")
        #expect(formatError { _ = try HDF5File(opening: text) }?.code == .wrongFormat)
        let empty = try folder.write("", to: "empty.h5")
        #expect(formatError { _ = try HDF5File(opening: empty) }?.code == .wrongFormat)
        #expect(formatError { _ = try HDF5File(opening: folder.path) } != nil)
        let whole = try bytes(of: sample())
        let cut = try folder.write(Array(whole[..<(whole.count / 2)]), to: "cut.h5")
        let failure = formatError { _ = try HDF5File(opening: cut) }
        #expect(failure?.code == .truncated)
        #expect(failure?.file == cut)
    }

    @Test("several threads read one file at once", .enabled(if: Python.hasReaders, "\(Python.missing)"))
    func threads() async throws {
        let path = try sample()
        let sums = try await withThrowingTaskGroup(of: Float.self) { group in
            for index in 0..<16 {
                group.addTask {
                    let file = try HDF5File(opening: path)
                    var sum: Float = 0
                    for _ in 0..<50 { sum += try file.dataset("exchange/packed").readAll(as: Float.self)[index] }
                    return sum
                }
            }
            return try await group.reduce(into: [Float]()) { $0.append($1) }
        }
        #expect(sums.sorted() == (0..<16).map { Float(50 * $0) })
    }
}
