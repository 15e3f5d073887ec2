/// A sinogram whose columns are sorted, each by itself, with the way back.
///
/// In a sorted column the angle no longer matters, so neighbouring columns are alike but for stripes. N. T. Vo, R. C. Atwood, M. Drakopoulos,
/// "Superior techniques for eliminating ring artifacts in X-ray micro-tomography", Opt. Express 26, 28396, 2018, DOI 10.1364/OE.26.028396.
struct SortedSinogram {
    /// The values in rising order, [rank, column].
    var values: Sinogram
    /// The angle that each came from, [column, rank].
    private var origins: [Int32] = []

    init(_ sinogram: Sinogram) {
        let (angles, columns) = (sinogram.angles, sinogram.columns)
        values = sinogram
        origins.reserveCapacity(angles * columns)
        for column in 0..<columns {
            // Equal values stay in the order of their angles.
            let order = (0..<angles).sorted {
                let (a, b) = (sinogram.values[$0 * columns + column], sinogram.values[$1 * columns + column])
                return a < b || a == b && $0 < $1
            }
            for (rank, angle) in order.enumerated() {
                values.values[rank * columns + column] = sinogram.values[angle * columns + column]
                origins.append(Int32(angle))
            }
        }
    }

    /// With the median over `size` neighbouring columns in place of each value.
    func smoothed(size: Int) -> SortedSinogram {
        var result = self
        let columns = values.columns
        for rank in 0..<values.angles {
            let range = rank * columns..<(rank + 1) * columns
            result.values.values.replaceSubrange(
                range, with: RunningMedian.filtered(Array(values.values[range]), size: size))
        }
        return result
    }

    /// Puts the values of a column back at their angles.
    func putBack(column: Int, into sinogram: inout Sinogram) {
        let (angles, columns) = (values.angles, values.columns)
        for rank in 0..<angles {
            let angle = Int(origins[column * angles + rank])
            sinogram.values[angle * columns + column] = values.values[rank * columns + column]
        }
    }
}
