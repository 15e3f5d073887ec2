import PenstockEvents
import Testing

@testable import PenstockTomography

@Suite struct PointwiseStageTests {
    @Test("zingers are removed row by row, and nothing else about a projection changes")
    func zingers() throws {
        // The last 9 of the first row and the first 1 of the second are neighbours in memory only.
        let projection = Projection.row([1, 1, 9, 1, 1, 2, 2, 9, 2, 2], rows: 2)
        let cleaned = try StageDriver(RemoveZingers(threshold: 0.5)).process([projection, projection])
        #expect(cleaned.map(\.values.floats) == [[1, 1, 1, 1, 1, 2, 2, 2, 2, 2], [1, 1, 1, 1, 1, 2, 2, 2, 2, 2]])
        #expect(projection.values.floats[2] == 9)
        // By its own row alone the first pixel of a row is no zinger; by the end of the row before it would be one.
        let edge = Projection.row([1, 1, 1, 1, 1, 9, 1, 1, 1, 1], rows: 2)
        #expect(try StageDriver(RemoveZingers(threshold: 0.5)).process([edge])[0].values.floats[5] == 9)
        #expect(cleaned[0].rows == 2 && cleaned[0].columns == 5 && cleaned[0].scan == projection.scan)
    }

    @Test("transmissions become attenuations, and the projection before stays what it was")
    func minusLog() throws {
        let projection = Projection.row([1, 0.5, 0.25, 0, .nan])
        let attenuation = try StageDriver(MinusLog()).process([projection])[0].values.floats
        for (value, expected) in zip(attenuation, [0, 0.6931472, 1.3862944, 13.815511, 0] as [Float]) {
            #expect(abs(value - expected) < 2e-6)
        }
        #expect(projection.values.floats[1] == 0.5)
    }

    @Test("a projection stands in the windows where its angle or its number says")
    func positions() throws {
        var projection = Projection.row([1, 1])
        (projection.index, projection.angleDegrees, projection.travelDegrees) = (5, 10, 7.5)
        #expect(try ProjectionWindows(.whole).position(of: projection, after: nil) == 5)
        #expect(try ProjectionWindows(.latest(count: 3, every: 1)).position(of: projection, after: 4) == 5)
        let angle = ProjectionWindows(.angle(degrees: 180, every: 15))
        #expect(try angle.position(of: projection, after: nil) == 7_500_000_000)
        #expect(try angle.position(of: projection, after: 7_500_000_000) == 7_500_000_000)
        #expect(throws: TomographyError.angleGoesBack(projection: 5, degrees: 10)) {
            try angle.position(of: projection, after: 7_500_000_001)
        }
        // A stage that goes back before it has travelled at all.
        projection.travelDegrees = -0.5
        #expect(throws: TomographyError.angleGoesBack(projection: 5, degrees: 10)) {
            try angle.position(of: projection, after: nil)
        }
        #expect(try ProjectionWindows(.whole).position(of: projection, after: 9) == 5)
    }
}
