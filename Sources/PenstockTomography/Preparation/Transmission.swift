/// Steps from counts to attenuation, over the pixels of whole rows in memory that the caller owns.
public enum Transmission {
    /// The least difference of flat and dark that counts are divided by: a dead pixel becomes a stripe, not an
    /// infinity.
    public static let smallestBeam: Float = 1e-6
    /// The least transmission whose logarithm is taken.
    public static let floor: Float = 1e-6

    /// Normalises counts: (count - dark) / max(flat - dark, 1e-6), about 0 to 1.
    ///
    /// All four buffers hold the same pixels. A count that is not finite gives a transmission that is not finite;
    /// `minusLog` replaces it.
    public static func normalise<Count: DetectorCount>(
        _ counts: UnsafeBufferPointer<Count>, flat: UnsafeBufferPointer<Float>, dark: UnsafeBufferPointer<Float>,
        into result: UnsafeMutableBufferPointer<Float>
    ) {
        precondition(
            flat.count == counts.count && dark.count == counts.count && result.count == counts.count,
            "flat, dark and result have the pixels of the counts")
        for pixel in counts.indices {
            let beam = flat[pixel] - dark[pixel]
            // Written so that a NaN in flat or dark gives the smallest beam as well.
            result[pixel] = (counts[pixel].floatValue - dark[pixel]) / (beam > smallestBeam ? beam : smallestBeam)
        }
    }

    /// Turns transmissions T into attenuations -ln(max(T, floor)); `result` has as many pixels, and may be the same memory.
    ///
    /// A transmission that is NaN or infinite says nothing about the sample, and one such value would spread over a
    /// whole image: it counts as 1, no attenuation.
    public static func minusLog(
        _ values: UnsafeBufferPointer<Float>, into result: UnsafeMutableBufferPointer<Float>,
        floor: Float = Transmission.floor
    ) {
        precondition(result.count == values.count, "the result has the pixels of the values")
        for pixel in values.indices {
            let transmission = values[pixel].isFinite ? values[pixel] : 1
            result[pixel] = -naturalLog(max(transmission, floor))
        }
    }
}
