import PenstockTomography
import Testing

@Suite struct AngularWeightsTests {
    @Test("weights of evenly spread angles are pi divided by their number", arguments: [1, 2, 3, 181])
    func even(count: Int) throws {
        let weights = try AngularWeights(anglesDegrees: (0..<count).map { Double($0) * 180 / Double(count) })
        for weight in weights.radians { #expect(abs(weight - .pi / Double(count)) < 1e-12) }
        #expect(abs(weights.largestGapRadians - .pi / Double(count)) < 1e-12)
        #expect(!weights.isCapped)
    }

    @Test("377 golden angles have weights that sum to pi, none of them capped")
    func golden() throws {
        let weights = try AngularWeights(anglesDegrees: (0..<377).map { Double($0) * 111.246 })
        #expect(abs(weights.radians.reduce(0, +) - .pi) < 1e-9)
        #expect(!weights.isCapped && !weights.hasGap)
    }

    @Test("projections at one angle, also half a turn apart, share its part")
    func repeated() throws {
        let weights = try AngularWeights(anglesDegrees: [0, 60, 120, 180, 60, 60])
        let degrees = weights.radians.map { $0 * 180 / .pi }
        for (weight, value) in zip(degrees, [30.0, 20, 60, 30, 20, 20]) { #expect(abs(weight - value) < 1e-9) }
    }

    @Test("uneven angles get half the way to each neighbour, in the order given")
    func uneven() throws {
        // Sorted: 10, 30, 100, and 190 again; the middle lines lie at 20, 65 and 145.
        let weights = try AngularWeights(anglesDegrees: [100, 10, 210])
        let degrees = weights.radians.map { $0 * 180 / .pi }
        for (weight, value) in zip(degrees, [80.0, 55, 45]) { #expect(abs(weight - value) < 1e-9) }
        #expect(abs(weights.largestGapRadians * 180 / .pi - 90) < 1e-9)
    }

    @Test("five lost projections in a row are a gap, though no weight is capped; three are none")
    func lost() throws {
        for (lost, hasGap) in [(3, false), (5, true)] {
            let angles = (0..<180).filter { !(70..<70 + lost).contains($0) }
            let weights = try AngularWeights(anglesDegrees: angles.map(Double.init))
            #expect(weights.hasGap == hasGap && !weights.isCapped)
            #expect(abs(weights.largestGapRadians * 180 / .pi - Double(lost + 1)) < 1e-9)
            #expect(abs(weights.largestGapStartRadians * 180 / .pi - 69) < 1e-9)
        }
    }

    @Test("the edges of a missing wedge count at most four times the median")
    func wedge() throws {
        let weights = try AngularWeights(anglesDegrees: (0...120).map(Double.init))
        #expect(weights.isCapped && weights.hasGap)
        #expect(abs(weights.largestGapRadians - .pi / 3) < 1e-9)
        #expect(abs(weights.largestGapStartRadians - 2 * .pi / 3) < 1e-9)
        let degree = Double.pi / 180
        #expect(abs(weights.radians[0] - 4 * degree) < 1e-9)
        #expect(abs(weights.radians[60] - degree) < 1e-9)
    }
}
