import PenstockFormats
import TestSupport
import Testing

@Suite struct TIFFTests {
    let folder: TestFolder

    init() throws { folder = try TestFolder() }

    private func write<Element: TIFFElement>(_ pixels: [Element], rows: Int, columns: Int, _ name: String) throws {
        try pixels.withUnsafeBufferPointer {
            try TIFFFile.write($0, rows: rows, columns: columns, to: folder(name), description: "centre 12.5")
        }
    }

    private func floats(_ path: String, page: Int = 0) throws -> [Float] {
        let image = try TIFFImage(opening: path, page: page)
        var pixels = [Float](repeating: -1, count: image.pixelCount)
        try pixels.withUnsafeMutableBufferPointer { try image.read(into: $0) }
        return pixels
    }

    @Test("tifffile reads what was written", .enabled(if: Python.hasReaders, "\(Python.missing)"))
    func readByPython() throws {
        try write((0..<12).map { Float($0) / 2 }, rows: 3, columns: 4, "f.tiff")
        try write((0..<12).map { UInt16(5000 * $0) }, rows: 3, columns: 4, "s.tiff")
        try write((0..<12).map { UInt8(20 * $0) }, rows: 3, columns: 4, "b.tiff")
        let program = """
            import sys, tifffile
            with tifffile.TiffFile(sys.argv[1]) as t:
                a = t.asarray(); print(t.byteorder, a.dtype, a.shape, t.pages[0].description, a.ravel().tolist())
            """
        let floats = (0..<12).map { Float($0) / 2 }
        #expect(try Python.run(program, folder("f.tiff")) == "< float32 (3, 4) centre 12.5 \(floats)")
        let shorts = (0..<12).map { 5000 * $0 }
        #expect(try Python.run(program, folder("s.tiff")) == "< uint16 (3, 4) centre 12.5 \(shorts)")
        let small = (0..<12).map { 20 * $0 }
        #expect(try Python.run(program, folder("b.tiff")) == "< uint8 (3, 4) centre 12.5 \(small)")
    }

    @Test("the same image gives the same bytes, and comes back")
    func sameBytes() throws {
        let pixels = (0..<600).map { Float($0).squareRoot() }
        try write(pixels, rows: 20, columns: 30, "a.tiff")
        try write(pixels, rows: 20, columns: 30, "b.tiff")
        #expect(try bytes(of: folder("a.tiff")) == bytes(of: folder("b.tiff")))
        #expect(try floats(folder("a.tiff")) == pixels)
        let image = try TIFFImage(opening: folder("a.tiff"))
        #expect(image.rows == 20 && image.columns == 30 && image.elementType == .f32)
        #expect(image.imageDescription == "centre 12.5")
        #expect(formatError { try write(pixels, rows: 20, columns: 30, "a.tiff") }?.code == .exists)
        #expect(formatError { try write(pixels, rows: 20, columns: 30, "no/a.tiff") }?.code == .cannotCreate)
    }

    @Test(
        "numbers, byte orders, tiles, compressions and pages that tifffile writes are read",
        .enabled(if: Python.hasReaders, "\(Python.missing)"))
    func writtenByPython() throws {
        try Python.run(
            """
            import sys, tifffile, numpy as np
            a = np.arange(40 * 50).reshape(40, 50)
            for name in ["u1", "u2", "u4", "f4"]:
                for order in "<>":
                    end = "le" if order == "<" else "be"
                    data = (a % 256 if name == "u1" else a).astype(order + name)
                    tifffile.imwrite(f"{sys.argv[1]}/{name}{end}.tif", data, byteorder=order, rowsperstrip=7)
                    tifffile.imwrite(f"{sys.argv[1]}/{name}{end}t.tif", data, byteorder=order, tile=(16, 32))
            tifffile.imwrite(f"{sys.argv[1]}/u4z.tif", a.astype("u4"), bigtiff=True, compression="zlib")
            tifffile.imwrite(f"{sys.argv[1]}/pages.tif", np.stack([a, a + 1, a + 2]).astype("u2"),
                photometric="minisblack")
            tifffile.imwrite(f"{sys.argv[1]}/rgb.tif", np.zeros((4, 5, 3), "u1"), photometric="rgb")
            tifffile.imwrite(f"{sys.argv[1]}/f8.tif", a.astype("f8"))
            """, folder.path)
        let whole = (0..<2000).map { Float($0) }
        for name in ["u1", "u2", "u4", "f4"] {
            for end in ["le", "be", "let", "bet"] {
                let expected = name == "u1" ? whole.map { $0.truncatingRemainder(dividingBy: 256) } : whole
                #expect(try floats(folder("\(name)\(end).tif")) == expected, "\(name)\(end)")
            }
        }
        #expect(try floats(folder("u4z.tif")) == whole)
        #expect(try TIFFFile.pageCount(folder("pages.tif")) == 3)
        #expect(try floats(folder("pages.tif"), page: 2) == whole.map { $0 + 2 })
        var native = [UInt16](repeating: 0, count: 2000)
        let big = try TIFFImage(opening: folder("u2be.tif"))
        try native.withUnsafeMutableBufferPointer { try big.readNative(into: $0) }
        #expect(native == (0..<2000).map { UInt16($0) })
        #expect(formatError { _ = try floats(folder("pages.tif"), page: 3) }?.code == .wrongShape)
        #expect(formatError { _ = try floats(folder("rgb.tif")) }?.code == .wrongShape)
        #expect(formatError { _ = try floats(folder("f8.tif")) }?.code == .wrongType)
    }

    @Test("missing, cut and foreign files are told apart")
    func refusals() throws {
        #expect(formatError { _ = try TIFFImage(opening: folder("absent.tiff")) }?.code == .notFound)
        let text = try folder.write("this is not an image", to: "text.tiff")
        #expect(formatError { _ = try TIFFImage(opening: text) }?.code == .wrongFormat)
        let short = try folder.write("II", to: "short.tiff")
        #expect(formatError { _ = try TIFFImage(opening: short) }?.code == .truncated)
        try write([Float](repeating: 1, count: 100), rows: 10, columns: 10, "whole.tiff")
        let whole = try bytes(of: folder("whole.tiff"))
        let cut = try folder.write(Array(whole.dropLast(100)), to: "cut.tiff")
        #expect(formatError { _ = try floats(cut) } != nil)
        // The directory first and the pixels cut: bytes 4..<8 of the header say where the directory is.
        let at = Int(whole[4]) + Int(whole[5]) << 8
        let moved = Array(whole[..<4]) + [8, 0, 0, 0] + whole[at...]
        let dry = try folder.write(moved, to: "dry.tiff")
        #expect(formatError { _ = try floats(dry) }?.code == .truncated)
    }

    @Test("a full disk is told", .enabled(if: MemoryDisk.isPossible, "\(MemoryDisk.impossible)"))
    func full() throws {
        let disk = try MemoryDisk("size=64k", at: folder("disk"))
        defer { disk.unmount() }
        let pixels = [Float](repeating: 1, count: 1 << 16)
        let failure = formatError {
            try pixels.withUnsafeBufferPointer {
                try TIFFFile.write($0, rows: 256, columns: 256, to: disk.path + "/full.tiff")
            }
        }
        #expect(failure?.code == .diskFull)
    }
}
