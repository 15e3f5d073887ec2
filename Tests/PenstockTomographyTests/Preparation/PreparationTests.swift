import Glibc
import PenstockTomography
import Testing

@Suite struct PreparationTests {
    @Test("counts become transmissions, also below the dark level and on a dead pixel")
    func normalise() {
        let counts: [UInt16] = [600, 100, 90, 1100, 7]
        let flat: [Float] = [1100, 1100, 1100, 1100, 5]
        let dark: [Float] = [100, 100, 100, 100, 5]
        #expect(normalised(counts, flat, dark) == [0.5, 0, -0.01, 1, 2 / 1e-6])
        #expect(normalised([3, 5] as [UInt8], [5, 5], [1, 1]) == [0.5, 1])
        #expect(normalised([3, 5] as [UInt32], [5, 5], [1, 1]) == [0.5, 1])
        #expect(normalised([2.5] as [Float], [4], [1]) == [0.5])
    }

    @Test("-log has its floor, and values that are no transmission count as no attenuation")
    func minusLog() {
        var values: [Float] = [1, 0.5, 0, -3, .nan, .infinity, -.infinity, 2]
        values.withUnsafeMutableBufferPointer { Transmission.minusLog(UnsafeBufferPointer($0), into: $0) }
        let expected: [Float] = [0, 0.6931472, 13.815511, 13.815511, 0, 0, 0, -0.6931472]
        for (value, wanted) in zip(values, expected) { #expect(abs(value - wanted) < 2e-6) }
    }

    @Test("the logarithm agrees with that of the C library over the range of transmissions")
    func logarithm() {
        let transmissions = (0..<15_000).map { Float(1e-6 * exp(Double($0) * 0.001)) }
        var values = transmissions
        values.withUnsafeMutableBufferPointer { Transmission.minusLog(UnsafeBufferPointer($0), into: $0) }
        let errors = zip(transmissions, values).map { abs(-log(Double($0)) - Double($1)) }
        #expect((errors.max() ?? 1) < 2e-6)
    }

    @Test("a bright pixel becomes the median of its row's five, edges repeated, and others stay")
    func zingers() {
        // Around the 9: 1, 3, 9, 2, 2 -> 2. At the end: 4, 4, 4, 2, 1 -> 4 is not above its median.
        #expect(cleaned([1, 3, 9, 2, 2], threshold: 1.5) == [1, 3, 2, 2, 2])
        // A zinger at the edge: 8, 8, 8, 1, 1 has the median 8, so it is not seen; the row's neighbours are all there
        // is.
        #expect(cleaned([8, 1, 1, 1, 1], threshold: 1) == [8, 1, 1, 1, 1])
        #expect(cleaned([1, 8, 1, 1, 1], threshold: 1) == [1, 1, 1, 1, 1])
        // Exactly the threshold is replaced; two neighbours are judged by what was there before.
        #expect(cleaned([1, 1, 1.5, 1, 1], threshold: 0.5) == [1, 1, 1, 1, 1])
        #expect(cleaned([1, 1, 5, 5, 1, 1], threshold: 1) == [1, 1, 1, 1, 1, 1])
        #expect(cleaned([0.2, 0.1, 0.2], threshold: 0.15) == [0.2, 0.1, 0.2])
        #expect(cleaned([], threshold: 1) == [])
    }

    @Test("the mean of frames is exact, and none is no mean")
    func frameMean() {
        var mean = FrameMean(pixelCount: 2)
        #expect(mean.mean == nil)
        for frame in [[65_535, 1], [65_534, 2], [65_535, 6]] as [[UInt16]] {
            frame.withUnsafeBufferPointer { mean.add($0) }
        }
        #expect(mean.frameCount == 3)
        #expect(mean.mean == [Float(65_534 + 2 / 3.0), 3])
        mean.reset()
        #expect(mean.mean == nil)
    }

    private func normalised<Count: DetectorCount>(_ counts: [Count], _ flat: [Float], _ dark: [Float]) -> [Float] {
        var result = Array(repeating: Float(0), count: counts.count)
        counts.withUnsafeBufferPointer { counts in
            flat.withUnsafeBufferPointer { flat in
                dark.withUnsafeBufferPointer { dark in
                    result.withUnsafeMutableBufferPointer { result in
                        Transmission.normalise(counts, flat: flat, dark: dark, into: result)
                    }
                }
            }
        }
        return result
    }

    private func cleaned(_ row: [Float], threshold: Float) -> [Float] {
        var row = row
        row.withUnsafeMutableBufferPointer { _ = Zingers.remove(fromRow: $0, threshold: threshold) }
        return row
    }
}
