import PenstockFormats
import Testing

@testable import PenstockTomography

@Suite struct PictureTests {
    @Test(
        "a scale bar is 1, 2 or 5 times a power of ten, and at most a quarter of the picture",
        arguments: [
            (2048, 0.65, 200 / 0.65, "200 µm"), (160, 2.6, 100 / 2.6, "100 µm"), (2048, 12, 5000.0 / 12, "5 mm"),
            (2000, 0.01, 500.0, "5 µm"), (200, 0.01, 50.0, "500 nm"), (512, nil, 100.0, "100 px"),
            (3, nil, 1.0, "1 px"),
        ] as [(Int, Double?, Double, String)])
    func scaleBar(columns: Int, micrometres: Double?, pixels: Double, text: String) {
        let bar = ScaleBar(columns: columns, pixelSize: micrometres.flatMap { PixelSize(micrometres: $0) })
        #expect(abs(bar.pixels - pixels) < 1e-6)
        #expect(bar.text == text)
    }

    @Test("a few wild values change nothing of the contrast, and what is no number is not looked at")
    func contrast() {
        let values = (0..<1000).map(Float.init)
        let contrast = Contrast(values + [1e30, -.infinity, .nan])
        #expect(contrast.low == 5)
        #expect(contrast.high == 995)
        #expect(contrast.level(5) == 0)
        #expect(contrast.level(995) == 255)
        #expect(contrast.level(.nan) == 0)
        #expect(contrast.level(.infinity) == 255)
        #expect(contrast.level(-1e30) == 0)
        #expect(Contrast([]) == Contrast([.nan]))
        #expect(Contrast([3, 3]).level(3) == 0)
    }

    @Test(
        "values have three digits",
        arguments: [
            (0, "0"), (1, "1"), (-0.012345, "-0.0123"), (1234, "1230"), (12_345_678, "1.23e7"),
            (0.000012345, "1.23e-5"),
            (99.96, "100"), (0.5, "0.5"),
        ] as [(Float, String)])
    func short(value: Float, text: String) { #expect(LabelledPicture.short(value) == text) }

    @Test("every map goes from its first to its last colour, and film is grey turned round")
    func colours() {
        for map in ColourMap.allCases { #expect(map.palette.count == 256) }
        #expect(ColourMap.viridis.palette[0] == SIMD3(0x44, 0x01, 0x54))
        #expect(ColourMap.viridis.palette[255] == SIMD3(0xFD, 0xE7, 0x25))
        #expect(ColourMap.film.palette == ColourMap.grey.palette.reversed())
    }

    @Test("pictures of one size have one size, whatever is written below, and show every pixel")
    func labelled() {
        func picture(_ lines: [String], _ columns: Int) -> Canvas {
            LabelledPicture(
                values: (0..<columns * columns).map { Float($0 % 2) }, columns: columns, contrast: Contrast([0, 1]),
                colours: .grey, lines: lines, unit: "1/px", bar: ScaleBar(columns: columns, pixelSize: nil)
            ).drawn()
        }
        let (short, long) = (
            picture(["a", "b"], 64), picture(["window 12345", String(repeating: "x", count: 99)], 64)
        )
        #expect(short.rows == long.rows && short.columns == long.columns)
        #expect(short.columns == 192)
        for column in 0..<192 {
            #expect(short[10, column] == SIMD3(repeating: column / 3 % 2 == 0 ? 0 : 255))
        }
        // Ink of the letters, below the image.
        #expect((192..<short.rows).contains { row in (0..<192).contains { short[row, $0].x > 200 } })
    }
}
