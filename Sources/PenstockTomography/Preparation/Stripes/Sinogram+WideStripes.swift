// Algorithms 5 and 6 of Vo et al. 2018: stripes that are found first and replaced as a whole.
extension Sinogram {
    /// Divides each column by how much it counts more than its neighbours, and replaces those that stand out by the neighbours' median.
    mutating func removeLargeStripes(signalToNoise: Double, size: Int) {
        let sorted = SortedSinogram(self)
        let smooth = sorted.smoothed(size: size)
        let dropped = angles / 20
        func sum(_ column: ArraySlice<Float>) -> Double {
            // Neither nearly the lowest values nor nearly the highest: zingers and shadows.
            column.dropFirst(dropped).dropLast(dropped).reduce(0.0) { $0 + Double($1) }
        }
        let ratios = (0..<columns).map { column in
            let around = sum(smooth.column(column))
            return around == 0 ? 1 : Float(sum(sorted.column(column)) / around)
        }
        let mask = StripeDetection.widened(StripeDetection.mask(ratios, signalToNoise: signalToNoise))
        // A column that sums to nothing cannot be scaled, only replaced.
        let scales = ratios.map { $0 == 0 ? 1 : 1 / $0 }
        let replacement = mask.contains(true) ? smooth.unsorted().values : []
        for start in stride(from: 0, to: values.count, by: columns) {
            for column in 0..<columns {
                values[start + column] =
                    mask[column] ? replacement[start + column] : values[start + column] * scales[column]
            }
        }
    }

    /// Fills columns that hardly change with the angle, or change wildly, from their neighbours; then removes large stripes.
    mutating func removeDeadStripes(signalToNoise: Double, size: Int) {
        let changes = columnChanges
        let usual = RunningMedian.filtered(changes, size: size)
        let ratios = zip(changes, usual).map { $1 == 0 ? 1 : $0 / $1 }
        var mask = StripeDetection.widened(StripeDetection.mask(ratios, signalToNoise: signalToNoise))
        for column in 0..<columns where column < 2 || column >= columns - 2 { mask[column] = false }
        // A third of the detector is not stripes: the sample is so.
        if mask.count(where: { $0 }) < columns / 3 { fill(mask) }
        removeLargeStripes(signalToNoise: signalToNoise, size: size)
    }

    /// How much each column differs from its running mean over ten angles, in sum; mirrored at the ends.
    private var columnChanges: [Float] {
        let reach = 10
        var sums = Array(repeating: 0.0, count: columns)
        var window = Array(repeating: 0.0, count: columns)
        func add(_ angle: Int, times factor: Double) {
            let start = mirrored(angle, count: angles) * columns
            for column in 0..<columns { window[column] += factor * Double(values[start + column]) }
        }
        for angle in -reach / 2..<reach / 2 { add(angle, times: 1) }
        for angle in 0..<angles {
            for column in 0..<columns {
                sums[column] += abs(Double(values[angle * columns + column]) - window[column] / Double(reach))
            }
            add(angle + reach / 2, times: 1)
            add(angle - reach / 2, times: -1)
        }
        return sums.map { Float($0) }
    }

    /// Fills the columns of a mask, which has none at the edges, linearly from those beside them.
    private mutating func fill(_ mask: [Bool]) {
        var column = 0
        while let first = mask[column...].firstIndex(of: true), let end = mask[first...].firstIndex(of: false) {
            for start in stride(from: 0, to: values.count, by: columns) {
                let (left, right) = (values[start + first - 1], values[start + end])
                for inner in first..<end {
                    let part = Float(inner - first + 1) / Float(end - first + 1)
                    values[start + inner] = left + part * (right - left)
                }
            }
            column = end
        }
    }
}
