import Testing

@testable import PenstockTomography

/// Images that other programs made of the same numbers. With an odd number of columns and the middle one as centre the ASTRA Toolbox has our
/// geometry, and its projector `linear` is Joseph's.
@Suite struct IterativeTablesTests {
    /// 6 projections of 7 columns that belong to no image: (5a + 3c^2 + ac) mod 11 at angle a and column c.
    private static let scan: PairScan = {
        var scan = PairScan(
            .disk(radiusPixels: 1), columns: 7,
            anglesRadians: [0, 25, 60, 90, 115, 160].map { $0 * Double.pi / 180 }, centre: 3)
        for angle in 0..<6 {
            for column in 0..<7 {
                scan.even[7 * angle + column] = Float((5 * angle + 3 * column * column + angle * column) % 11)
            }
        }
        return scan
    }()

    private func largestDifference(_ image: [Float], _ expected: [Float]) -> Float {
        #expect(image.count == expected.count)
        return zip(image, expected).map { abs($0 - $1) }.max() ?? .infinity
    }

    /// ASTRA Toolbox 2.5.0, algorithm SIRT, 10 iterations.
    @Test("SIRT gives the image of the ASTRA Toolbox")
    func sirt() throws {
        let expected: [Float] = [
            -0.926167, 1.947186, 1.145791, 2.294743, 1.876415, 2.067657, -0.191222,
            2.371503, 1.140544, -1.094867, -0.361946, 0.320736, 2.274210, 1.256631,
            1.638179, 1.349629, 0.756820, -0.129531, -0.098840, 1.164808, 2.123734,
            1.333796, 0.650610, 0.884768, 0.399831, -0.044472, 0.174195, 1.634390,
            0.298578, -0.435688, -0.434902, -0.282066, -0.204866, 0.166227, 0.333102,
            1.725742, 2.402166, 0.707579, 0.755347, 0.087586, 1.083655, 3.264369,
            -1.407012, 0.507562, 1.763152, 2.355045, 0.558266, 0.368906, 0.131158,
        ]
        #expect(largestDifference(try Self.scan.images(by: .sirt(iterations: 10)).even, expected) < 1e-5)
    }

    /// The same with MinConstraint 0.
    @Test("SIRT without negative values gives the image of the ASTRA Toolbox")
    func nonNegative() throws {
        let expected: [Float] = [
            0.000000, 1.879746, 0.876485, 2.190675, 1.826199, 1.999034, 0.000000,
            2.181973, 0.939945, 0.000000, 0.000000, 0.228418, 2.256541, 1.221305,
            1.489949, 1.238515, 0.532725, 0.000000, 0.000000, 1.198483, 2.145301,
            1.271403, 0.555030, 0.743002, 0.307969, 0.000000, 0.049019, 1.585240,
            0.079227, 0.000000, 0.000000, 0.000000, 0.000000, 0.097385, 0.203212,
            1.495771, 2.347391, 0.553358, 0.683117, 0.000000, 1.132719, 3.378225,
            0.000000, 0.407954, 1.623590, 2.260696, 0.440004, 0.271539, 0.007863,
        ]
        let image = try Self.scan.images(by: .sirt(iterations: 10, nonNegative: true)).even
        #expect(largestDifference(image, expected) < 1e-5)
    }

    /// NumPy, x *= A'(p / Ax) / A'1 with the matrix A of the ASTRA Toolbox, 5 iterations from an image of ones.
    @Test("MLEM gives the image that NumPy computes with ASTRA's matrix")
    func mlem() throws {
        let expected: [Float] = [
            0.129607, 1.538779, 0.679492, 1.707215, 1.378381, 1.893998, 0.462034,
            1.940779, 0.839116, 0.062349, 0.259462, 0.509616, 1.971506, 1.005327,
            1.312269, 1.250279, 0.479739, 0.176081, 0.240757, 1.036415, 1.808478,
            1.080765, 0.687309, 0.630270, 0.363285, 0.259384, 0.308160, 1.302347,
            0.258688, 0.156084, 0.092596, 0.099711, 0.111182, 0.230234, 0.274736,
            1.245824, 2.152337, 0.580404, 0.742660, 0.290510, 0.823930, 3.477590,
            0.100348, 0.694875, 1.004050, 1.785394, 0.397675, 0.482770, 0.380464,
        ]
        #expect(largestDifference(try Self.scan.images(by: .mlem(iterations: 5)).even, expected) < 1e-5)
    }

    /// scikit-image 0.26.0, `denoise_tv_chambolle(image, weight=0.8, eps=0, max_num_iter=11)`: its last iteration only evaluates.
    @Test("smoothing by total variation gives the image of scikit-image, and that of a weight of 0 stays")
    func totalVariation() {
        let expected: [Float] = [
            1.128295, 3.327496, 2.593129, 2.187918, 5.006702,
            3.096422, 2.866431, 2.266150, 1.599630, 4.931644,
            4.305984, 3.903370, 3.722315, 3.989238, 4.525203,
            4.777271, 2.230972, 2.346706, 2.844061, 2.880165,
            5.107063, 2.263557, 2.611174, 2.908426, 1.580679,
        ]
        var image = PairPlane(lines: 5, cells: 5)
        func original(_ row: Int, _ column: Int) -> Float { Float((3 * row * row + 5 * column + row * column) % 7) }
        for row in 0..<5 {
            for column in 0..<5 { image.pairs(row)[column] = SIMD2(repeating: original(row, column)) }
        }
        var variation = TotalVariation(size: 5)
        variation.smooth(&image, weight: SIMD2(0.8, 0))
        for row in 0..<5 {
            for column in 0..<5 {
                let value = image.pairs(row)[column]
                #expect(abs(value.x - expected[5 * row + column]) < 1e-5)
                #expect(value.y == original(row, column))
            }
        }
    }
}
