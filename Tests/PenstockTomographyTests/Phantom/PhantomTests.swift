import Testing

@testable import PenstockTomography

@Suite struct PhantomTests {
    @Test("the projection of a disk is twice the root of r^2 - s^2, wherever it lies")
    func disk() {
        let phantom = SlicePhantom(
            ellipses: [Ellipse(value: 0.5, halfAxisX: 10, halfAxisY: 10, x: 3, y: 4)], radiusPixels: 1)
        // At 0 degrees its middle is at s = x = 3, at 90 degrees at s = y = 4.
        let front = phantom.projection(angleRadians: 0, columns: 41, centre: 20, samples: 1)
        #expect(abs(front[23] - 10) < 1e-5)
        #expect(abs(front[29] - 8) < 1e-5)
        let side = phantom.projection(angleRadians: .pi / 2, columns: 41, centre: 20, samples: 1)
        #expect(abs(side[24] - 10) < 1e-5)
        #expect(side[35] == 0)
    }

    @Test("every projection holds the area of the slice, and so does its image")
    func area() {
        // Half the sum of value a b pi over the table of ten ellipses.
        let area = Ellipse.sheppLogan.reduce(0) { $0 + $1.value * $1.halfAxisX * $1.halfAxisY } * .pi * 30 * 30
        let phantom = SlicePhantom(ellipses: Ellipse.sheppLogan, radiusPixels: 30)
        for angle in [0, 0.4, 1.9] {
            let sum = phantom.projection(angleRadians: angle, columns: 64, centre: 31.7).reduce(0, +)
            #expect(abs(Double(sum) / area - 1) < 2e-3)
        }
        #expect(abs(Double(phantom.image(size: 64).reduce(0, +)) / area - 1) < 1e-2)
    }

    @Test("rows of the stone differ")
    func volume() {
        let stone = VolumePhantom.stone(rows: 16, columns: 64)
        let images = [2, 8, 13].map { stone.slice(row: $0).image(size: 64, samples: 1) }
        #expect(images[0] != images[1] && images[1] != images[2])
        #expect(images.allSatisfy { $0.allSatisfy { (-0.001...1.3).contains($0) } })
    }

    @Test("Poisson counts have their mean and variance", arguments: [0.5, 4, 25, 45_000])
    func poisson(mean: Double) {
        let count = 20_000
        let draws = (0..<count).map { item -> Double in
            var random = CounterRandom(seed: 7, stream: 1, item: UInt64(item))
            return Double(random.poisson(mean: mean))
        }
        let average = draws.reduce(0, +) / Double(count)
        let variance = draws.reduce(0) { $0 + ($1 - average) * ($1 - average) } / Double(count)
        // Five standard errors: sqrt(mean / count) of the mean, about sqrt((2 + 1/mean) / count) of the variance's
        // ratio.
        #expect(abs(average - mean) < 5 * (mean / Double(count)).squareRoot())
        #expect(abs(variance / mean - 1) < 5 * ((2 + 1 / mean) / Double(count)).squareRoot())
    }

    @Test("ln(n!) by the series meets the sum of logarithms")
    func logFactorial() {
        // ln(20!) = ln(2432902008176640000)
        #expect(abs(CounterRandom.logFactorial(20) - 42.335616460753485) < 1e-8)
        #expect(abs(CounterRandom.logFactorial(8) - CounterRandom.logFactorial(7) - 2.0794415416798357) < 1e-8)
    }

    @Test("rows of a scan are the same made alone or with others, and another seed makes others")
    func scan() {
        func scan(seed: UInt64) -> SyntheticScan {
            SyntheticScan(
                phantom: .stone(rows: 6, columns: 32), rows: 6, columns: 32, anglesDegrees: [0, 45, 90], centre: 16,
                seed: seed, ringFraction: 0.1)
        }
        let first = scan(seed: 3)
        let frame = first.projection(1)
        #expect(frame.count == 6 * 32)
        #expect(first.projection(1, rows: 2..<4) == Array(frame[64..<128]))
        #expect(scan(seed: 4).projection(1) != frame)
        #expect(first.projection(2) != frame)
    }

    @Test("the thickest path keeps the transmission asked for, and air keeps the beam")
    func transmission() {
        let scan = SyntheticScan(
            phantom: .stone(rows: 4, columns: 64), rows: 4, columns: 64, anglesDegrees: [0], centre: 32, seed: 1,
            leastTransmission: 0.2)
        let slice = scan.phantom.slice(row: 2)
        let deepest =
            (0..<8).flatMap { eighth in
                slice.projection(angleRadians: Double(eighth) * .pi / 8, columns: 64, centre: 32, samples: 1)
            }.max() ?? 0
        let path = Double(deepest) * scan.attenuationPerPixel
        #expect(abs(path - 1.6094379124341003) < 1e-5)
        let (frame, flat, dark) = (scan.projection(0), scan.flat(0), scan.dark(0))
        #expect(abs(Double(frame[0]) / Double(flat[0]) - 1) < 0.05)
        #expect(Double(frame.min() ?? 0) < 0.35 * Double(flat.max() ?? 0))
        #expect(dark.allSatisfy { $0 < 200 })
    }
}
