internal import Glibc

/// The cubic spline through equally spaced values, mirrored at both ends.
///
/// Coefficients by the recursive filter of Unser, Aldroubi, Eden, "B-spline signal processing", 1993, DOI
/// 10.1109/78.193221.
struct CubicSpline {
    private let coefficients: [Double]

    init(_ values: [Float]) {
        var c = values.map(Double.init)
        let count = c.count
        if count > 1 {
            let pole = sqrt(3.0) - 2
            for index in c.indices { c[index] *= 6 }
            // The mirrored signal's exact start of the causal filter.
            let period = 2 * count - 2
            var first = 0.0
            var power = 1.0
            for step in 0..<period {
                first += power * c[step < count ? step : period - step]
                power *= pole
            }
            c[0] = first / (1 - power)
            for index in 1..<count { c[index] += pole * c[index - 1] }
            c[count - 1] = pole / (pole * pole - 1) * (c[count - 1] + pole * c[count - 2])
            for index in (0..<count - 1).reversed() { c[index] = pole * (c[index + 1] - c[index]) }
        }
        coefficients = c
    }

    /// The spline at the places `first`, `first` + 1, ..., `count` of them; zero beyond the ends.
    func values(from first: Double, count: Int) -> [Float] {
        let whole = first.rounded(.down)
        let t = first - whole
        let weights = [
            (1 - t) * (1 - t) * (1 - t) / 6, (4 - 6 * t * t + 3 * t * t * t) / 6,
            (1 + 3 * t + 3 * t * t - 3 * t * t * t) / 6, t * t * t / 6,
        ]
        let last = coefficients.count - 1
        return (0..<count).map { index in
            let place = first + Double(index)
            guard place >= 0, place <= Double(last) else { return 0 }
            let start = Int(whole) + index - 1
            var sum = 0.0
            for (offset, weight) in weights.enumerated() {
                sum += weight * coefficients[mirrored(start + offset, last)]
            }
            return Float(sum)
        }
    }

    private func mirrored(_ index: Int, _ last: Int) -> Int {
        let inside = abs(index)
        return inside <= last ? inside : max(0, 2 * last - inside)
    }
}
