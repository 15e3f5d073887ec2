import Testing

@testable import PenstockTomography

/// The reference is the plain form, in double precision and pixel by pixel, which the image quality of gridrec is tested against.
@Suite struct FilteredBackProjectionTests {
    @Test(
        "row by row and in pairs the images are those of the plain form",
        arguments: [(32, 16.4), (33, 15.0), (48, 24.0)])
    func plain(columns: Int, centre: Double) throws {
        let angles = [Double].halfTurn(29) + [4.0, -1.3]
        let scan = PairScan(
            .sheppLogan(radiusPixels: Double(columns) / 2), .pebbles(radiusPixels: Double(columns) / 2.5),
            columns: columns, anglesRadians: angles, centre: centre)
        for filter in ReconstructionFilter.allCases {
            let plain = try FilteredBackProjection(
                columns: columns, anglesRadians: angles, centre: centre, filter: filter)
            let images = try scan.images(by: .filteredBackProjection(filter: filter))
            for (image, sinogram) in [(images.even, scan.even), (images.odd, scan.odd ?? [])] {
                let expected = plain.image(sinogram)
                let range = expected.map(abs).max() ?? 0
                let difference = zip(image, expected).map { abs($0 - $1) }.max() ?? 1
                // The transforms differ in length, and with it where the filter's window is sampled.
                #expect(difference < 2e-4 * range, "\(filter)")
            }
        }
    }

    @Test("a slice without a partner is that with one, and tiny widths have finite images")
    func alone() throws {
        let scan = PairScan(
            .sheppLogan(radiusPixels: 16), columns: 32, anglesRadians: .halfTurn(20), centre: 16)
        var pair = scan
        pair.odd = scan.even
        let (alone, paired) = (
            try scan.images(by: .filteredBackProjection()), try pair.images(by: .filteredBackProjection())
        )
        #expect(alone.odd.isEmpty)
        #expect((zip(alone.even, paired.even).map { abs($0 - $1) }.max() ?? 1) < 1e-5)
        for size in [1, 2, 3, 7] {
            let tiny = PairScan(
                .disk(radiusPixels: 1), columns: size, anglesRadians: [0.3, 1], centre: Double(size) / 2)
            #expect(try tiny.images(by: .filteredBackProjection()).even.allSatisfy(\.isFinite))
        }
    }
}
