/// Which of a list of values stand out of the others: the columns of stripes among those of a detector.
///
/// A line is fitted to the middle half of the sorted values; how far it rises from end to end is their noise. Algorithm 4 of Vo et al. 2018,
/// DOI 10.1364/OE.26.028396.
enum StripeDetection {
    /// Whether each value lies so far beyond what the line says that the largest or smallest one does by `signalToNoise` times the noise.
    static func mask(_ values: [Float], signalToNoise: Double) -> [Bool] {
        let none = Array(repeating: false, count: values.count)
        guard values.count >= 8 else { return none }
        let sorted = values.map(Double.init).sorted(by: >)
        let last = values.count - 1
        let dropped = values.count / 4
        let (first, slope) = line(through: sorted, dropped..<last - dropped)
        let end = first + slope * Double(last)
        let noise = max(abs(end - first), 1e-6)
        let reach = noise * signalToNoise
        let (high, low) = (first + reach / 2, end - reach / 2)
        let (hasHigh, hasLow) = (abs(sorted[0] - first) >= reach, abs(sorted[last] - end) >= reach)
        return values.map { hasHigh && Double($0) > high || hasLow && Double($0) <= low }
    }

    /// The mask with both neighbours of what is in it.
    static func widened(_ mask: [Bool]) -> [Bool] {
        mask.indices.map { index in mask[max(0, index - 1)] || mask[index] || mask[min(mask.count - 1, index + 1)] }
    }

    /// The least-squares line through some values by their numbers: its value at number 0, and its slope.
    private static func line(through values: [Double], _ range: Range<Int>) -> (first: Double, slope: Double) {
        let count = Double(range.count)
        let middle = Double(range.lowerBound + range.upperBound - 1) / 2
        let mean = values[range].reduce(0, +) / count
        var (cross, square) = (0.0, 0.0)
        for number in range {
            let distance = Double(number) - middle
            cross += distance * values[number]
            square += distance * distance
        }
        let slope = square > 0 ? cross / square : 0
        return (mean - slope * middle, slope)
    }
}
