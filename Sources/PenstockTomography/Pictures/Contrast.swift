/// Which values of a picture are black and white.
struct Contrast: Sendable, Hashable {
    let low: Float
    let high: Float

    /// The 0.5th to the 99.5th percentile of the finite ones of some values, so that a few wild ones change nothing; 0 to 1 where there is none.
    init(_ values: consuming [Float]) {
        var finite = values.filter(\.isFinite)
        finite.sort()
        guard let first = finite.first, let last = finite.last else {
            (low, high) = (0, 1)
            return
        }
        let (lower, upper) = (
            finite[Int(0.005 * Double(finite.count - 1))], finite[Int((0.995 * Double(finite.count - 1)).rounded(.up))]
        )
        // Of values that are nearly all the same the few others are what there is to see.
        (low, high) = upper > lower ? (lower, upper) : first < last ? (first, last) : (first, first + 1)
    }

    /// The level of a value, 0 to 255; 0 where it is no number.
    func level(_ value: Float) -> Int {
        let part = (value - low) / (high - low) * 255
        return part > 0 ? Int(min(part, 255).rounded()) : 0
    }
}
