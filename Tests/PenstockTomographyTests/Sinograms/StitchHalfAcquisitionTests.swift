import PenstockEvents
import Testing

@testable import PenstockEngine
@testable import PenstockTomography

/// Expected values are line integrals of ellipses, by formula, on the detector that half acquisition stands for.
@Suite struct StitchHalfAcquisitionTests {
    private static let phantom = SlicePhantom(ellipses: Ellipse.sheppLogan, radiusPixels: 50)

    private static func scan(
        angles: Int = 120, degrees: Double = 360, columns: Int = 64, centre: Double
    ) -> (geometry: SinogramGeometry, sinogram: Sinogram) {
        let anglesDegrees = (0..<angles).map { Double($0) * degrees / Double(angles) }
        let values = phantom.sinogram(
            anglesRadians: anglesDegrees.map { $0 * .pi / 180 }, columns: columns, centre: centre)
        return (
            SinogramGeometry(anglesDegrees: anglesDegrees, columns: columns, centre: centre),
            Sinogram(columns: columns, values: values)
        )
    }

    private static func error(_ sinogram: Sinogram, _ geometry: SinogramGeometry) -> Float {
        let exact = phantom.sinogram(
            anglesRadians: geometry.anglesDegrees.map { $0 * .pi / 180 }, columns: geometry.columns,
            centre: geometry.centre)
        let sum = zip(sinogram.values, exact).reduce(0) { $0 + ($1.0 - $1.1) * ($1.0 - $1.1) }
        let square = exact.reduce(0) { $0 + $1 * $1 }
        return (sum / square).squareRoot()
    }

    @Test(
        "where columns and angles meet, the half turn is that of a detector as wide as the sample",
        arguments: [7.0, 10, 56])
    func exact(centre: Double) throws {
        var (input, sinogram) = Self.scan(centre: centre)
        let output = try StitchHalfAcquisition().geometry(from: input)
        #expect(output.columns == 2 * Int(max(centre, 63 - centre)) + 1)
        #expect(output.centre == Double(output.columns - 1) / 2)
        #expect(output.anglesDegrees == Array(input.anglesDegrees[..<60]))
        StitchHalfAcquisition().apply(to: &sinogram, input)
        #expect(sinogram.columns == output.columns && sinogram.angles == 60)
        #expect(Self.error(sinogram, output) < 1e-5)
    }

    @Test("between columns, and with an odd number of angles between them too, values are interpolated")
    func interpolated() throws {
        for (angles, centre, limit) in [(120, 7.3, 0.028), (121, 7, 0.01), (120, 7.5, 0.035), (361, 7.3, 0.028)]
            as [(Int, Double, Float)]
        {
            var (input, sinogram) = Self.scan(angles: angles, centre: centre)
            let output = try StitchHalfAcquisition().geometry(from: input)
            StitchHalfAcquisition().apply(to: &sinogram, input)
            #expect(output.anglesDegrees.count == (angles + 1) / 2)
            #expect(Self.error(sinogram, output) < limit, "\(angles) angles, centre \(centre)")
        }
    }

    @Test("a scan that was broken off gives what was seen from both sides, and less than a half turn is refused")
    func broken() throws {
        let (input, _) = Self.scan(angles: 80, degrees: 240, centre: 7.5)
        #expect(try StitchHalfAcquisition().geometry(from: input).anglesDegrees == (0..<20).map { Double($0) * 3 })
        let (half, _) = Self.scan(angles: 50, degrees: 150, centre: 7.5)
        #expect(throws: TomographyError.halfAcquisitionTooShort(degrees: 147)) {
            try StitchHalfAcquisition().geometry(from: half)
        }
    }

    @Test("angles go round the circle from behind the largest gap")
    func order() {
        let window = CircularOrder(anglesDegrees: [350, 0, 10, 340, 20])
        #expect(window.places == [3, 0, 1, 2, 4])
        #expect(window.offsetsDegrees == [0, 10, 20, 30, 40])
        #expect(window.openingDegrees == 320)
        let turns = CircularOrder(anglesDegrees: [360, 120, -120, 720])
        #expect(turns.places == [0, 3, 1, 2])
        #expect(turns.offsetsDegrees == [0, 0, 120, 240])
        #expect(CircularOrder(anglesDegrees: [5]).places == [0])
    }

    @Test("the stage stitches the last window, and leaves out those before it that are too short")
    func stage() throws {
        let projections = (0..<120).map { index in
            let angle = Double(index) * 3
            return Projection(
                scan: ScanID(1), index: index, angleDegrees: angle, travelDegrees: angle, centre: 7, rows: 2,
                columns: 64,
                firstRow: 0,
                values: Payload(
                    (0..<2).flatMap { _ in
                        Self.phantom.projection(angleRadians: angle * .pi / 180, columns: 64, centre: 7)
                    }))
        }
        let driver = WindowDriver(Reconstruct(sinogramSteps: [StitchHalfAcquisition()]), parallelism: 2)
        try driver.add(Array(projections[..<60]))
        let early = WindowPane(index: 0, count: 60, isComplete: false, isLast: false, time: Timestamp(nanoseconds: 1))
        #expect(try driver.emit(early).isEmpty)
        let last = WindowPane(index: 1, count: 60, isComplete: false, isLast: true, time: Timestamp(nanoseconds: 2))
        #expect(throws: TomographyError.halfAcquisitionTooShort(degrees: 177)) { try driver.emit(last) }
        try driver.add(Array(projections[60...]))
        let slices = try driver.emit(last)
        #expect(slices.map(\.slice) == [0, 1] && slices.allSatisfy { $0.size == 113 })
        let full = WindowDriver(Reconstruct())
        try full.add(
            (0..<60).map { index in
                let angle = Double(index) * 3
                return Projection(
                    scan: ScanID(1), index: index, angleDegrees: angle, travelDegrees: angle, centre: 56, rows: 1,
                    columns: 113, firstRow: 0,
                    values: Payload(
                        Self.phantom.projection(angleRadians: angle * .pi / 180, columns: 113, centre: 56)))
            })
        let score = Score(slices[0].pixels.floats, try full.emit(last)[0].pixels.floats, size: 113, disk: 0.95)
        #expect(score.correlation > 0.99999 && abs(score.scale - 1) < 1e-4)
    }

    @Test("steps are done one after the other on rows in order round the circle, whatever the order of the projections")
    func steps() throws {
        let sorted = Projection.phantomScan(knowsCentre: true)
        let shuffled = (0..<90).map { sorted[$0 * 37 % 90] }
        let steps: [any SinogramStep] = [StripeRemoval.sorting(size: 5), StripeRemoval.smoothing(size: 3)]
        let sinograms = try [sorted, shuffled].map { try WindowSinograms($0, steps: steps) }
        #expect(sinograms[0].geometry == sinograms[1].geometry)
        #expect(sinograms[0].sinogram(row: 0) == sinograms[1].sinogram(row: 0))
        var expected = Sinogram(columns: 64, values: sorted.flatMap(\.values.floats))
        StripeRemoval.sorting(size: 5).remove(from: &expected)
        StripeRemoval.smoothing(size: 3).remove(from: &expected)
        #expect(sinograms[0].sinogram(row: 0) == expected)
    }
}
