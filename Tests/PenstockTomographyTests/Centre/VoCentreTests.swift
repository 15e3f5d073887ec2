import Testing

@testable import PenstockTomography

@Suite struct VoCentreTests {
    @Test("the centre of a synthetic scan is found within half a column", arguments: [62.0, 57.3, 70.75])
    func synthetic(centre: Double) throws {
        let slice = VolumePhantom.stone(rows: 9, columns: 110).slice(row: 4)
        let values = slice.sinogram(anglesRadians: .halfTurn(90), columns: 128, centre: centre)
        let found = try VoCentre(Sinogram(columns: 128, values: values), halfRange: 12)
        #expect(abs(found.centre - centre) <= 0.5)
        #expect(!found.isAtEndOfRange)
        #expect(found.coarse.count == 49)
    }

    @Test("a centre outside the range is reported as at its end")
    func outside() throws {
        let slice = VolumePhantom.stone(rows: 9, columns: 80).slice(row: 4)
        let values = slice.sinogram(anglesRadians: .halfTurn(60), columns: 128, centre: 76)
        #expect(try VoCentre(Sinogram(columns: 128, values: values), halfRange: 3).isAtEndOfRange)
    }

    @Test("few angles and a narrow detector still give an answer, fewer a refusal")
    func small() throws {
        let values = SlicePhantom(ellipses: Ellipse.sheppLogan, radiusPixels: 3)
            .sinogram(anglesRadians: .halfTurn(4), columns: 8, centre: 3.5)
        #expect((0.0...7).contains(try VoCentre(Sinogram(columns: 8, values: values)).centre))
        #expect(throws: TomographyError.sinogramTooSmall(angles: 3, columns: 8)) {
            try VoCentre(Sinogram(columns: 8, values: Array(values.prefix(24))))
        }
        #expect(throws: TomographyError.sinogramTooSmall(angles: 8, columns: 4)) {
            try VoCentre(Sinogram(columns: 4, values: values))
        }
    }

    @Test("the spline goes through its values and follows a straight line between them")
    func spline() {
        let spline = CubicSpline([3, 1, 4, 1, 5, 9, 2, 6])
        for (value, expected) in zip(spline.values(from: 0, count: 8), [3, 1, 4, 1, 5, 9, 2, 6] as [Float]) {
            #expect(abs(value - expected) < 1e-5)
        }
        let line = CubicSpline((0..<40).map { Float($0) })
        #expect(abs(line.values(from: 19.5, count: 1)[0] - 19.5) < 1e-5)
        #expect(line.values(from: -0.5, count: 1) == [0])
        // scipy.ndimage.shift([3, 1, 4, 1, 5, 9, 2, 6], 0.5, order=3), elements 1, 4 and 7.
        let shifted = spline.values(from: -0.5, count: 8)
        for (index, expected) in [(1, 1.908923), (4, 1.966463), (7, 3.834979)] as [(Int, Float)] {
            #expect(abs(shifted[index] - expected) < 1e-4)
        }
    }

    @Test("smoothing keeps the mean, and spreads an impulse as a Gaussian")
    func smoothing() {
        var values = Array(repeating: Float(0), count: 41 * 31)
        values[20 * 31 + 15] = 1
        let smooth = Sinogram(columns: 31, values: values).smoothed(sigmaAngles: 3, sigmaColumns: 1)
        #expect(abs(smooth.values.reduce(0, +) - 1) < 1e-5)
        // 1 / (2 pi 3 1), and exp(-1/2) of it one column on.
        #expect(abs(smooth.values[20 * 31 + 15] - 0.05305) < 1e-4)
        #expect(abs(smooth.values[20 * 31 + 16] - 0.03218) < 1e-4)
    }
}
