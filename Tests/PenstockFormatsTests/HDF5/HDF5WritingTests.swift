import Foundation
import PenstockFormats
import TestSupport
import Testing

@Suite struct HDF5WritingTests {
    let folder: TestFolder

    init() throws { folder = try TestFolder() }

    /// Writes a volume slice by slice in the order given, with attributes and parameters around it.
    private func writeVolume(_ path: String, order: [Int], isLastDatasetFirst: Bool = false) throws {
        let file = try HDF5File(creating: path)
        try file.write("exchange", to: "/implements")
        let data = try file.createDataset("/exchange/data", shape: [8, 16, 16], of: .f32)
        let theta = try file.createDataset("/exchange/theta", shape: [8], of: .f64)
        try file.setAttribute("axes", of: "/exchange/data", to: "z:y:x")
        try file.setAttribute("centre", of: "/exchange/data", to: 127.25)
        try file.setAttribute("shape", of: "/exchange", to: .integers([8, 16, 16]))
        if isLastDatasetFirst { try theta.writeAll([0.0, 1, 2, 3, 4, 5, 6, 7]) }
        for slice in order {
            let pixels = (0..<256).map { Float(256 * slice + $0) }
            try pixels.withUnsafeBufferPointer { try data.write(leading: slice..<slice + 1, from: $0) }
        }
        if !isLastDatasetFirst { try theta.writeAll([0.0, 1, 2, 3, 4, 5, 6, 7]) }
        try file.close()
    }

    @Test("attributes are listed by their names, and marks are integers that are not 0")
    func attributeNames() throws {
        let file = try HDF5File(creating: folder("a.h5"))
        let data = try file.createDataset("/data", shape: [2], of: .f32)
        #expect(try file.attributeNames(of: "/data").isEmpty)
        try file.setAttribute("units", of: "/data", to: "counts")
        try file.setAttribute("done", of: "/data", to: 1)
        try file.setAttribute("begun", of: "/data", to: 0)
        try file.setAttribute("factor", of: "/data", to: 2.5)
        #expect(try file.attributeNames(of: "/data") == ["begun", "done", "factor", "units"])
        #expect(formatError { _ = try file.attributeNames(of: "/none") }?.code == .missingDataset)
        #expect(try data.hasMark("done"))
        for name in ["begun", "factor", "units", "none"] { #expect(try !data.hasMark(name), "\(name)") }
        try file.close()
    }

    @Test("the same content gives the same bytes, whatever the order and repetition of writes")
    func sameBytes() throws {
        try writeVolume(folder("a.h5"), order: Array(0..<8))
        let once = try bytes(of: folder("a.h5"))
        try writeVolume(folder("b.h5"), order: (0..<8).reversed())
        #expect(try bytes(of: folder("b.h5")) == once)
        try writeVolume(folder("c.h5"), order: [3, 3, 0, 7, 1, 2, 6, 5, 4, 0, 3, 3], isLastDatasetFirst: true)
        #expect(try bytes(of: folder("c.h5")) == once)
        #expect(once.count > 8 * 256 * 4)
    }

    @Test("compressed chunks written in order give the same bytes")
    func sameCompressedBytes() throws {
        func write(_ path: String) throws {
            let file = try HDF5File(creating: path)
            let data = try file.createDataset("d", shape: [8, 64], of: .u16, storage: .chunked([1, 64], deflate: 4))
            for row in 0..<8 {
                let values = (0..<64).map { UInt16(row * $0) }
                try values.withUnsafeBufferPointer { try data.write(leading: row..<row + 1, from: $0) }
            }
            try file.close()
        }
        try write(folder("a.h5"))
        try write(folder("b.h5"))
        #expect(try bytes(of: folder("a.h5")) == bytes(of: folder("b.h5")))
        let file = try HDF5File(opening: folder("a.h5"))
        #expect(
            try file.dataset("d").readAll(as: Int64.self) == (0..<8).flatMap { r in (0..<64).map { Int64(r * $0) } })
    }

    @Test("h5py reads what was written", .enabled(if: Python.hasReaders, "\(Python.missing)"))
    func readByPython() throws {
        try writeVolume(folder("v.h5"), order: Array(0..<8))
        let told = try Python.run(
            """
            import sys, h5py, numpy as np
            with h5py.File(sys.argv[1]) as f:
                d = f["exchange/data"]
                assert d.dtype == np.dtype("<f4") and d.shape == (8, 16, 16) and d.chunks is None
                assert (d[...].ravel() == np.arange(2048)).all()
                assert f["exchange/theta"][...].tolist() == list(range(8))
                assert f["implements"].asstr()[()] == "exchange"
                assert d.attrs["axes"] == "z:y:x" and d.attrs["centre"] == 127.25
                assert f["exchange"].attrs["shape"].tolist() == [8, 16, 16]
                print("as written")
            """, folder("v.h5"))
        #expect(told == "as written")
    }

    @Test("every type of number comes back", arguments: ElementType.allCases)
    func roundTrip(type: ElementType) throws {
        func check<Element: FormatElement & Equatable>(_ values: [Element]) throws {
            let file = try HDF5File(creating: folder("t.h5"))
            try file.write(values, to: "values")
            try file.close()
            let again = try HDF5File(opening: folder("t.h5"))
            #expect(try again.dataset("values").elementType == type)
            #expect(try again.readVector("values", as: Element.self) == values)
        }
        switch type {
        case .u8: try check([0, 1, .max] as [UInt8])
        case .u16: try check([0, 1, .max] as [UInt16])
        case .u32: try check([0, 1, .max] as [UInt32])
        case .u64: try check([0, 1, .max] as [UInt64])
        case .i8: try check([.min, -1, .max] as [Int8])
        case .i16: try check([.min, -1, .max] as [Int16])
        case .i32: try check([.min, -1, .max] as [Int32])
        case .i64: try check([.min, -1, .max] as [Int64])
        case .f32: try check([-0.0, .leastNonzeroMagnitude, .infinity, .pi] as [Float])
        case .f64: try check([-0.0, .leastNonzeroMagnitude, .infinity, .pi] as [Double])
        }
    }

    @Test("files and datasets that exist are refused")
    func exists() throws {
        let path = folder("x.h5")
        let file = try HDF5File(creating: path)
        try file.write(1.0, to: "group/one")
        #expect(formatError { try file.write(2.0, to: "group/one") }?.code == .exists)
        try file.createGroup("group")
        #expect(formatError { try file.createGroup("group/one/below") } != nil)
        try file.close()
        #expect(formatError { _ = try HDF5File(creating: path) }?.code == .exists)
        #expect(formatError { _ = try HDF5File(creating: folder("no/x.h5")) }?.code == .cannotCreate)
    }

    @Test("parts that were never written read as zero, and a dataset may outlive its file")
    func unwritten() throws {
        let path = folder("z.h5")
        let data = try HDF5File(creating: path).createDataset("d", shape: [3, 2], of: .f32)
        try [Float](arrayLiteral: 5, 6).withUnsafeBufferPointer { try data.write(leading: 1..<2, from: $0) }
        #expect(try data.readAll(as: Float.self) == [0, 0, 5, 6, 0, 0])
    }

    @Test("a full disk is told when a dataset is made", .enabled(if: MemoryDisk.isPossible, "\(MemoryDisk.impossible)"))
    func fullWhileCreating() throws {
        let disk = try MemoryDisk("size=1024k", at: folder("disk"))
        defer { disk.unmount() }
        let path = disk.path + "/full.h5"
        let file = try HDF5File(creating: path)
        #expect(
            formatError { _ = try file.createDataset("data", shape: [64, 256, 256], of: .f32) }?.code == .diskFull)
        #expect(formatError { try file.write(1.0, to: "more") }?.code == .diskFull)
        #expect(closing(file)?.code == .diskFull)
        try checkSpaceIsFree(disk.path, path)
    }

    @Test(
        "a full disk is told when metadata do not fit", .enabled(if: MemoryDisk.isPossible, "\(MemoryDisk.impossible)"))
    func fullWhileClosing() throws {
        let disk = try MemoryDisk("size=1024k", at: folder("disk"))
        defer { disk.unmount() }
        let path = disk.path + "/full.h5"
        let file = try HDF5File(creating: path)
        _ = FileManager.default.createFile(atPath: disk.path + "/rest", contents: Data(count: 1020 * 1024))
        try? Data(count: 1 << 20).write(to: URL(fileURLWithPath: disk.path + "/rest2"))
        for index in 0..<400 { try file.createGroup("group\(index)/below") }
        let failure = closing(file)
        #expect(failure?.code == .diskFull)
        try FileManager.default.removeItem(atPath: disk.path + "/rest")
        try? FileManager.default.removeItem(atPath: disk.path + "/rest2")
        try checkSpaceIsFree(disk.path, path)
    }

    @Test(
        "a full disk is told when compressed chunks do not fit",
        .enabled(if: MemoryDisk.isPossible, "\(MemoryDisk.impossible)"))
    func fullChunks() throws {
        let disk = try MemoryDisk("size=512k", at: folder("disk"))
        defer { disk.unmount() }
        let path = disk.path + "/full.h5"
        let file = try HDF5File(creating: path)
        let failure = formatError {
            let data = try file.createDataset(
                "data", shape: [64, 64, 64], of: .f32, storage: .chunked([1, 64, 64], deflate: nil))
            let slice = [Float](repeating: 1, count: 64 * 64)
            for index in 0..<64 {
                try slice.withUnsafeBufferPointer { try data.write(leading: index..<index + 1, from: $0) }
            }
        }
        let closing = closing(file)
        #expect(closing?.code == .diskFull)
        #expect(failure == nil || failure?.code == .diskFull)
        try checkSpaceIsFree(disk.path, path)
    }

    private func closing(_ file: consuming HDF5File) -> FormatError? {
        do throws(FormatError) { try file.close() } catch { return error }
        return nil
    }

    /// The failed file gives its space back when it is removed, and the library goes on working.
    private func checkSpaceIsFree(_ disk: String, _ path: String) throws {
        try FileManager.default.removeItem(atPath: path)
        let again = try HDF5File(creating: path)
        try again.write([Float](repeating: 1, count: 60_000), to: "small")
        try again.close()
        #expect(try HDF5File(opening: path).readVector("small", as: Float.self).count == 60_000)
    }
}
