internal import Glibc

// The methods of `StripeRemoval`; sources are named there.
extension Sinogram {
    /// The mean of each column over the angles.
    private var profile: [Double] {
        var sums = Array(repeating: 0.0, count: columns)
        for angle in 0..<angles { for column in 0..<columns { sums[column] += Double(values[angle * columns + column]) } }
        return sums.map { $0 / Double(angles) }
    }

    private mutating func add(_ profile: [Double]) {
        for angle in 0..<angles {
            for column in 0..<columns { values[angle * columns + column] += Float(profile[column]) }
        }
    }

    mutating func removeMeans(size: Int) {
        let means = profile
        let before = size / 2
        add(
            means.indices.map { column in
                let window = (0..<size).map { means[min(max(column - before + $0, 0), columns - 1)] }
                return window.reduce(0, +) / Double(size) - means[column]
            })
    }

    mutating func sortStripes(size: Int) {
        let sorted = SortedSinogram(self).smoothed(size: size)
        for column in 0..<columns { sorted.putBack(column: column, into: &self) }
    }

    mutating func removeLargeStripes(signalToNoise: Double, size: Int) {
        let sorted = SortedSinogram(self)
        let smooth = sorted.smoothed(size: size)
        let dropped = angles / 20
        // Below, a ratio is that of sums, over the ranks that are neither nearly the lowest nor nearly the highest.
        let ratios = (0..<columns).map { column in
            let ranks = dropped..<max(dropped + 1, angles - dropped)
            let own = ranks.reduce(0.0) { $0 + Double(sorted.values.values[$1 * columns + column]) }
            let around = ranks.reduce(0.0) { $0 + Double(smooth.values.values[$1 * columns + column]) }
            return around == 0 || own == 0 ? 1 : Float(own / around)
        }
        let mask = StripeDetection.widened(StripeDetection.mask(ratios, signalToNoise: signalToNoise))
        for angle in 0..<angles {
            for column in 0..<columns { values[angle * columns + column] /= ratios[column] }
        }
        for column in 0..<columns where mask[column] { smooth.putBack(column: column, into: &self) }
    }

    mutating func removeDeadStripes(signalToNoise: Double, size: Int) {
        let changes = (0..<columns).map { change(in: $0) }
        let usual = RunningMedian.filtered(changes, size: size)
        let ratios = zip(changes, usual).map { $1 == 0 ? 1 : $0 / $1 }
        var mask = StripeDetection.widened(StripeDetection.mask(ratios, signalToNoise: signalToNoise))
        for column in 0..<columns where column < 2 || column >= columns - 2 { mask[column] = false }
        fill(mask)
        removeLargeStripes(signalToNoise: signalToNoise, size: size)
    }

    /// How much a column differs from its running mean over ten angles, in sum.
    private func change(in column: Int) -> Float {
        let reach = 10
        let line = (0..<angles).map { Double(values[$0 * columns + column]) }
        let sum = line.indices.reduce(0.0) { sum, angle in
            let window = (0..<reach).map { line[min(max(angle - reach / 2 + $0, 0), angles - 1)] }
            return sum + abs(line[angle] - window.reduce(0, +) / Double(reach))
        }
        return Float(sum)
    }

    /// Fills the columns of a mask, which has none at the edges, linearly from those beside them.
    private mutating func fill(_ mask: [Bool]) {
        var column = 1
        while column < columns - 1 {
            guard mask[column] else {
                column += 1
                continue
            }
            let before = column - 1
            while mask[column] { column += 1 }
            for angle in 0..<angles {
                let (left, right) = (values[angle * columns + before], values[angle * columns + column])
                for inner in before + 1..<column {
                    let part = Float(inner - before) / Float(column - before)
                    values[angle * columns + inner] = left + part * (right - left)
                }
            }
        }
    }

    mutating func smoothProfile(weight: Double) {
        let means = profile
        // The smooth profile s solves (D'D + weight) s = weight means, with the differences D of neighbours: three diagonals.
        var (diagonal, right) = (means.indices.map { _ in 0.0 }, means.map { weight * $0 })
        for column in means.indices {
            let neighbours = (column > 0 ? 1.0 : 0) + (column < columns - 1 ? 1.0 : 0)
            diagonal[column] = weight + neighbours
            guard column > 0 else { continue }
            let factor = 1 / diagonal[column - 1]
            diagonal[column] -= factor
            right[column] += factor * right[column - 1]
        }
        var smooth = means
        for column in means.indices.reversed() {
            let next = column < columns - 1 ? smooth[column + 1] : 0
            smooth[column] = (right[column] + next) / diagonal[column]
        }
        add(zip(smooth, means).map { $0 - $1 })
    }

    mutating func filterStripes(sigma: Double, size: Int) {
        let slow = lowPass(sigma: sigma)
        var sorted = slow
        sorted.sortStripes(size: size)
        for index in values.indices { values[index] += sorted.values[index] - slow.values[index] }
    }

    /// What changes slowly with the angle: a Gaussian of `sigma` frequencies of the transform along the angle, mirrored at the ends.
    private func lowPass(sigma: Double) -> Sinogram {
        let padding = min(150, angles / 10)
        let length = angles + 2 * padding
        let forward = FourierPlan(length: length, sign: .minus)
        let backward = FourierPlan(length: length, sign: .plus)
        let line = FourierBuffer(complexCount: length)
        func mirrored(_ index: Int) -> Int {
            let folded = ((index % (2 * angles)) + 2 * angles) % (2 * angles)
            return folded < angles ? folded : 2 * angles - 1 - folded
        }
        var result = self
        for column in 0..<columns {
            for index in 0..<length {
                line.base[2 * index] = values[mirrored(index - padding) * columns + column]
                line.base[2 * index + 1] = 0
            }
            forward.execute(line.base)
            for index in 0..<length {
                let frequency = Double(min(index, length - index))
                let factor = Float(exp(-frequency * frequency / (2 * sigma * sigma)) / Double(length))
                line.base[2 * index] *= factor
                line.base[2 * index + 1] *= factor
            }
            backward.execute(line.base)
            for angle in 0..<angles { result.values[angle * columns + column] = line.base[2 * (angle + padding)] }
        }
        return result
    }
}
