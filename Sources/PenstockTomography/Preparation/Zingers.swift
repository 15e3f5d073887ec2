/// Removal of zingers: single pixels far too bright, where a stray X-ray photon hit the sensor.
public enum Zingers {
    /// Replaces, in one row of transmissions, values T by the median m of the five pixels around where T - m >=
    /// `threshold`.
    ///
    /// The median runs along the row only, so that it never mixes rows and needs no neighbours of a row range. At the
    /// ends the edge value stands for what is missing. NaN values stay and count as neighbours; comparisons with them
    /// choose either operand.
    /// - Returns: The number of values replaced.
    @discardableResult
    public static func remove(fromRow row: UnsafeMutableBufferPointer<Float>, threshold: Float) -> Int {
        guard let last = row.indices.last else { return 0 }
        var replaced = 0
        // The two values left of the current one as they were before any replacement.
        var before2 = row[0]
        var before1 = row[0]
        for column in row.indices {
            let value = row[column]
            let median = median5(before2, before1, value, row[min(column + 1, last)], row[min(column + 2, last)])
            if value - median >= threshold {
                row[column] = median
                replaced += 1
            }
            before2 = before1
            before1 = value
        }
        return replaced
    }

    @inline(__always)
    private static func median5(_ a: Float, _ b: Float, _ c: Float, _ d: Float, _ e: Float) -> Float {
        // Of the lows and highs of two pairs, the lowest low and the highest high cannot be the median of five.
        let low = higher(lower(a, b), lower(c, d))
        let high = lower(higher(a, b), higher(c, d))
        return higher(lower(low, high), lower(higher(low, high), e))
    }

    @inline(__always)
    private static func lower(_ a: Float, _ b: Float) -> Float { a < b ? a : b }

    @inline(__always)
    private static func higher(_ a: Float, _ b: Float) -> Float { a > b ? a : b }
}
