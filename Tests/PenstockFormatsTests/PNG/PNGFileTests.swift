import PenstockFormats
import TestSupport
import Testing

@Suite struct PNGFileTests {
    let folder: TestFolder

    init() throws { folder = try TestFolder() }

    /// A grey image of 3 x 2 pixels, 0 50 100 / 150 200 250, made by Python's struct and zlib (stored, not compressed).
    private let golden: [UInt8] = [
        0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A, 0, 0, 0, 13, 0x49, 0x48, 0x44, 0x52, 0, 0, 0, 3, 0, 0, 0, 2, 8,
        0, 0, 0, 0,
        0xB8, 0x1F, 0x39, 0xC6, 0x00, 0x00, 0x00, 0x13, 0x49, 0x44, 0x41, 0x54, 0x78, 0x01, 0x01, 0x08,
        0x00, 0xF7, 0xFF, 0x00, 0x00, 0x32, 0x64, 0x00, 0x96, 0xC8, 0xFA, 0x07, 0x74, 0x02, 0xEF, 0x03,
        0x12, 0x5E, 0x0B, 0x00, 0x00, 0x00, 0x00, 0x49, 0x45, 0x4E, 0x44, 0xAE, 0x42, 0x60, 0x82,
    ]

    @Test("a file made by hand is read")
    func readGolden() throws {
        let image = try PNGFile.read(folder.write(golden, to: "g.png"), as: .grey)
        #expect(image.rows == 2)
        #expect(image.columns == 3)
        #expect(image.bytes == [0, 50, 100, 150, 200, 250])
    }

    @Test("the header of a written file is as the standard says, and the bytes repeat")
    func writtenHeader() throws {
        let pixels: [UInt8] = [0, 50, 100, 150, 200, 250]
        try pixels.withUnsafeBytes {
            try PNGFile.write($0, rows: 2, columns: 3, channels: .grey, to: folder("a.png"))
            try PNGFile.write($0, rows: 2, columns: 3, channels: .grey, to: folder("b.png"))
        }
        let written = try bytes(of: folder("a.png"))
        #expect(written == (try bytes(of: folder("b.png"))))
        #expect(Array(written.prefix(33)) == Array(golden.prefix(33)))
        #expect(try PNGFile.read(folder("a.png"), as: .grey).bytes == pixels)
    }

    @Test("Pillow reads grey and colour", .enabled(if: Python.hasReaders, "\(Python.missing)"))
    func readByPython() throws {
        let pixels = (0..<24).map { UInt8(10 * $0) }
        try pixels.withUnsafeBytes {
            try PNGFile.write($0, rows: 2, columns: 4, channels: .rgb, to: folder("rgb.png"))
            try PNGFile.write($0, rows: 4, columns: 6, channels: .grey, to: folder("grey.png"))
        }
        let program =
            "import sys; from PIL import Image; i = Image.open(sys.argv[1]); print(i.mode, i.size, list(i.tobytes()))"
        #expect(try Python.run(program, folder("rgb.png")) == "RGB (4, 2) \(pixels)")
        #expect(try Python.run(program, folder("grey.png")) == "L (6, 4) \(pixels)")
        #expect(try PNGFile.read(folder("rgb.png"), as: .rgb).bytes == pixels)
    }

    @Test("missing, cut and foreign files are told apart, and existing ones are kept")
    func refusals() throws {
        #expect(formatError { _ = try PNGFile.read(folder("absent.png"), as: .grey) }?.code == .notFound)
        let text = try folder.write("this is not an image", to: "text.png")
        #expect(formatError { _ = try PNGFile.read(text, as: .grey) }?.code == .wrongFormat)
        let cut = try folder.write(Array(golden.prefix(50)), to: "cut.png")
        #expect(formatError { _ = try PNGFile.read(cut, as: .grey) }?.code == .truncated)
        let pixel: [UInt8] = [1]
        let failure = formatError {
            try pixel.withUnsafeBytes { try PNGFile.write($0, rows: 1, columns: 1, channels: .grey, to: cut) }
        }
        #expect(failure?.code == .exists)
    }
}
