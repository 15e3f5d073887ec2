import PenstockFormats
import TestSupport
import Testing

@Suite struct AnimatedPNGTests {
    let folder: TestFolder

    init() throws { folder = try TestFolder() }

    private func frame(_ value: UInt8, columns: Int = 5) throws -> [UInt8] {
        try [UInt8](repeating: value, count: 3 * columns).withUnsafeBytes {
            try PNGFile.encode($0, rows: 3, columns: columns, channels: .grey)
        }
    }

    @Test("a program that knows no animations shows the first frame")
    func firstFrame() throws {
        var animation = AnimatedPNG(millisecondsPerFrame: 250)
        for value: UInt8 in [7, 8, 9] { try animation.append(frame(value)) }
        try PNGFile.write(encoded: animation.encoded(), to: folder("a.png"))
        #expect(try PNGFile.read(folder("a.png"), as: .grey).bytes == [UInt8](repeating: 7, count: 15))
    }

    @Test("Pillow shows every frame for its time", .enabled(if: Python.hasReaders, "\(Python.missing)"))
    func readByPython() throws {
        var animation = AnimatedPNG(millisecondsPerFrame: 250, plays: 2)
        for value: UInt8 in [7, 8, 9, 10, 11] { try animation.append(frame(value)) }
        animation.thin()
        #expect(animation.count == 3)
        try PNGFile.write(encoded: animation.encoded(), to: folder("a.png"))
        let program = """
            import sys
            from PIL import Image
            image = Image.open(sys.argv[1])
            print(image.size, image.n_frames, image.info["loop"], end=" ")
            for number in range(image.n_frames):
                image.seek(number)
                print(image.getpixel((4, 2)), image.info["duration"], end=" ")
            """
        #expect(try Python.run(program, folder("a.png")) == "(5, 3) 3 2 7 250.0 9 250.0 11 250.0")
    }

    @Test("frames of another size, and what is no picture, are refused")
    func refusals() throws {
        var animation = AnimatedPNG(millisecondsPerFrame: 10)
        try animation.append(frame(1))
        #expect(formatError { try animation.append(frame(1, columns: 6)) }?.code == .wrongFormat)
        #expect(formatError { try animation.append([1, 2, 3]) }?.code == .wrongFormat)
        #expect(formatError { try animation.append(Array(frame(1).dropLast(5))) }?.code == .truncated)
        #expect(animation.count == 1)
    }
}
