import Foundation
import PenstockFormats
import TestSupport
import Testing

@Suite struct TIFFStackTests {
    let folder: TestFolder

    init() throws {
        folder = try TestFolder()
        try FileManager.default.createDirectory(atPath: folder("s"), withIntermediateDirectories: false)
    }

    private func write<Element: TIFFElement>(_ pixels: [Element], rows: Int, columns: Int, _ name: String) throws {
        try pixels.withUnsafeBufferPointer {
            try TIFFFile.write($0, rows: rows, columns: columns, to: folder(name))
        }
    }

    private func image(_ index: Int, of stack: inout TIFFStack) throws -> [UInt16] {
        var pixels = [UInt16](repeating: 0, count: stack.rows * stack.columns)
        try pixels.withUnsafeMutableBytes { try stack.readNative(index, into: $0) }
        return pixels
    }

    @Test("the files of a folder come in the order of their numbers; hidden and other files do not count")
    func naturalOrder() throws {
        for number in [1, 2, 9, 10, 11, 100] {
            try write([UInt16(number), 0], rows: 1, columns: 2, "s/raw_\(number).\(number == 9 ? "TIF" : "tif")")
        }
        try folder.write("thumbnails", to: "s/.raw_3.tif")
        try folder.write("notes", to: "s/readme.txt")
        // The ending is part of a series' name.
        #expect(formatError { _ = try TIFFStack(opening: folder("s")) }?.code == .wrongFormat)
        try folder.remove("s/raw_9.TIF")
        try write([UInt16(9), 0], rows: 1, columns: 2, "s/raw_009.tif")
        var stack = try TIFFStack(opening: folder("s"))
        #expect(stack.count == 6 && stack.rows == 1 && stack.columns == 2 && stack.elementType == .u16)
        let numbers = try (0..<6).map { try image($0, of: &stack)[0] }
        #expect(numbers == [1, 2, 9, 10, 11, 100])
        #expect(try image(2, of: &stack) == [9, 0])
        #expect(stack.name(of: 2).file == folder("s/raw_009.tif"))
    }

    @Test("a folder without images, or with several series, is refused and says which")
    func series() throws {
        #expect(
            formatError { _ = try TIFFStack(opening: folder("s")) }?.summary
                == "\(folder("s")): the folder holds no TIFF files")
        try write([UInt8(1), 2], rows: 1, columns: 2, "s/flat_01.tif")
        try write([UInt8(1), 2], rows: 1, columns: 2, "s/raw_01.tif")
        let failure = formatError { _ = try TIFFStack(opening: folder("s")) }
        #expect(failure?.code == .wrongFormat)
        #expect(failure?.summary == "\(folder("s")): the folder holds several series of images: flat_#.tif, raw_#.tif")
        #expect(formatError { _ = try TIFFStack(opening: folder("absent")) }?.code == .notFound)
    }

    @Test("an image of another shape or type names its file")
    func odd() throws {
        try write([UInt16(1), 2], rows: 1, columns: 2, "s/raw_1.tif")
        try write([UInt16(1), 2], rows: 2, columns: 1, "s/raw_2.tif")
        try write([UInt8(1), 2], rows: 1, columns: 2, "s/raw_3.tif")
        try folder.write("II", to: "s/raw_4.tif")
        var stack = try TIFFStack(opening: folder("s"))
        let shape = formatError { _ = try image(1, of: &stack) }
        #expect(shape?.code == .wrongShape)
        #expect(
            shape?.summary
                == "\(folder("s/raw_2.tif")): is 2 x 1 pixels, but the first image of \(folder("s")) is 1 x 2")
        #expect(formatError { _ = try image(2, of: &stack) }?.code == .wrongType)
        #expect(formatError { _ = try image(3, of: &stack) }?.file == folder("s/raw_4.tif"))
        #expect(try image(0, of: &stack) == [1, 2])
    }

    @Test(
        "pages that tifffile writes are read in any order, and signed integers as numbers",
        .enabled(if: Python.hasReaders, "\(Python.missing)"))
    func pages() throws {
        try Python.run(
            """
            import sys, tifffile, numpy as np
            a = np.arange(7 * 4 * 5).reshape(7, 4, 5)
            tifffile.imwrite(sys.argv[1] + "/big.tif", a.astype(">u2"), bigtiff=True, byteorder=">", tile=(16, 16),
                photometric="minisblack", metadata=None)
            for name in ["i1", "i2", "i4"]:
                tifffile.imwrite(f"{sys.argv[1]}/{name}.tif", (a[0] - 10).astype(name))
            """, folder.path)
        var stack = try TIFFStack(opening: folder("big.tif"))
        #expect(stack.count == 7 && stack.rows == 4 && stack.columns == 5 && stack.elementType == .u16)
        #expect(stack.files == [folder("big.tif")])
        for page in [0, 1, 2, 6, 5, 0, 3] {
            #expect(try image(page, of: &stack) == (0..<20).map { UInt16(20 * page + $0) })
        }
        for (name, type) in [("i1", ElementType.i8), ("i2", .i16), ("i4", .i32)] {
            let image = try TIFFImage(opening: folder(name + ".tif"))
            #expect(image.elementType == type)
            var pixels = [Float](repeating: 0, count: 20)
            try pixels.withUnsafeMutableBufferPointer { try image.read(into: $0) }
            #expect(pixels == (0..<20).map { Float($0 - 10) })
        }
    }
}
