internal import Glibc

// Algorithms 2 and 3 of Vo et al. 2018: stripes as deviations from the neighbours in the sorted sinogram.
extension Sinogram {
    /// Takes the median over `size` columns in the sorted sinogram.
    mutating func sortStripes(size: Int) { self = SortedSinogram(self).smoothed(size: size).unsorted() }

    /// As `sortStripes`, of what changes slowly with the angle; the rest stays.
    mutating func filterStripes(sigma: Double, size: Int) {
        let slow = lowPass(sigma: sigma)
        var smooth = slow
        smooth.sortStripes(size: size)
        for index in values.indices { values[index] += smooth.values[index] - slow.values[index] }
    }

    /// What changes slowly with the angle: a Gaussian of `sigma` frequencies. The lines are continued by a tenth of themselves, at most 150
    /// angles, as mirrored in their first and last values.
    private func lowPass(sigma: Double) -> Sinogram {
        let padding = min(150, angles / 10)
        let period = max(1, 2 * (angles - 1))
        var padded = AngleSpectrum(rows: angles + 2 * padding, columns: columns)
        for row in 0..<angles + 2 * padding {
            let folded = ((row - padding) % period + period) % period
            let angle = folded < angles ? folded : period - folded
            padded.set(row: row, to: values[angle * columns..<(angle + 1) * columns])
        }
        padded.multiply { exp(-Double($0 * $0) / (2 * sigma * sigma)) }
        var result = self
        for angle in 0..<angles {
            result.values.replaceSubrange(angle * columns..<(angle + 1) * columns, with: padded.row(angle + padding))
        }
        return result
    }
}
