import TestSupport
import Testing

@testable import PenstockFormats

/// Pictures that are drawn pixel by pixel.
@Suite struct CanvasTests {
    private static let black = SIMD3<UInt8>(repeating: 0)

    @Test("a picture is reduced to the means of its squares, those at its edges, too")
    func reduced() {
        var canvas = Canvas(rows: 3, columns: 4, Self.black)
        for row in 0..<3 { for column in 0..<4 { canvas[row, column] = SIMD3(repeating: UInt8(10 * row + column)) } }
        let small = canvas.reduced(by: 2)
        #expect(small.rows == 2 && small.columns == 2)
        // (0 + 1 + 10 + 11) / 4 = 5.5, (2 + 3 + 12 + 13) / 4 = 7.5, (20 + 21) / 2 = 20.5, (22 + 23) / 2 = 22.5: halves go up.
        #expect(small.pixels.map(\.x) == [6, 8, 21, 23])
        #expect(canvas.reduced(by: 1) == canvas)
    }

    @Test(
        "a sheet has its pictures row by row with gaps between",
        arguments: [(1, nil), (5, nil), (6, 2)] as [(Int, Int?)])
    func sheet(_ count: Int, _ across: Int?) {
        let pictures = (0..<count).map { Canvas(rows: 4, columns: 7, SIMD3(UInt8($0), 0, 200)) }
        let sheet = ContactSheet(pictures, across: across).drawn()
        let wide = across ?? (count == 1 ? 1 : 3)
        let high = count == 1 ? 1 : count == 5 ? 2 : 3
        #expect(sheet.rows == high * (4 + 6) + 6 && sheet.columns == wide * (7 + 6) + 6)
        for (place, picture) in pictures.enumerated() {
            for row in 0..<4 {
                for column in 0..<7 {
                    #expect(sheet[6 + place / wide * 10 + row, 6 + place % wide * 13 + column] == picture[row, column])
                }
            }
        }
    }

    @Test("an L is an L, and text is as wide as it says")
    func text() {
        var canvas = Canvas(rows: 7, columns: 12, Self.black)
        canvas.write("L", row: 0, column: 0, scale: 1, SIMD3(repeating: 1))
        let lines = (0..<7).map { row in (0..<5).map { canvas[row, $0].x == 1 ? "#" : "." }.joined() }
        #expect(lines == ["#....", "#....", "#....", "#....", "#....", "#....", "#####"])
        #expect(Canvas.width(of: "abc", scale: 2) == (6 * 3 - 1) * 2)
    }

    @Test("a picture survives its file, whose head tells its size and that it moves not")
    func file() throws {
        var canvas = Canvas(rows: 5, columns: 3, Self.black)
        canvas[4, 2] = SIMD3(10, 20, 30)
        let folder = try TestFolder()
        let bytes = try canvas.png(file: "a.png")
        try PNGFile.write(encoded: bytes, to: folder("a.png"))
        #expect(try PNGFile.size(folder("a.png")) == (5, 3))
        #expect(Canvas(try PNGFile.read(folder("a.png"), as: .rgb)) == canvas)
        #expect(!AnimatedPNG.isAnimation(bytes))
        var animation = AnimatedPNG(millisecondsPerFrame: 10)
        try animation.append(bytes)
        try animation.append(bytes)
        #expect(AnimatedPNG.isAnimation(animation.encoded()))
    }
}
