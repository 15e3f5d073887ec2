/// Some neighbouring slices of a volume, in memory.
struct VoxelLayer {
    let rows: Int
    let columns: Int
    /// The slices, each `[row, column]`.
    let slices: [[Float]]

    /// The elements of a chunk that begins at `row` and `column`, `[slice, row, column]`; 0 beyond the last one.
    func part(chunk: [Int], row: Int, column: Int) -> [Float] {
        var values = [Float](repeating: 0, count: chunk.reduce(1, *))
        let height = min(chunk[1], rows - row)
        let width = min(chunk[2], columns - column)
        values.withUnsafeMutableBufferPointer { values in
            for (number, slice) in slices.enumerated() {
                slice.withUnsafeBufferPointer { slice in
                    for line in 0..<height {
                        let from = UnsafeBufferPointer(
                            rebasing: slice[(row + line) * columns + column..<(row + line) * columns + column + width])
                        let to = (number * chunk[1] + line) * chunk[2]
                        _ = UnsafeMutableBufferPointer(rebasing: values[to..<to + width]).update(from: from)
                    }
                }
            }
        }
        return values
    }

    /// The slices at half the resolution: means of 2 x 2 x 2 voxels, at an odd edge of those that there are.
    func halved() -> [[Float]] {
        stride(from: 0, to: slices.count, by: 2).map { number in
            let pair = slices[number..<min(number + 2, slices.count)].map { halved($0) }
            guard pair.count == 2 else { return pair[0] }
            return zip(pair[0], pair[1]).map { ($0 + $1) / 2 }
        }
    }

    private func halved(_ slice: [Float]) -> [Float] {
        let (height, width) = ((rows + 1) / 2, (columns + 1) / 2)
        return [Float](unsafeUninitializedCapacity: height * width) { result, count in
            slice.withUnsafeBufferPointer { slice in
                for row in 0..<height {
                    // At an odd edge the last row or column stands for both: the mean is then that of those that there are.
                    let upper = 2 * row * columns
                    let lower = min(2 * row + 1, rows - 1) * columns
                    for column in 0..<width {
                        let left = 2 * column
                        let right = min(left + 1, columns - 1)
                        let sum =
                            slice[upper + left] + slice[upper + right] + slice[lower + left] + slice[lower + right]
                        result[row * width + column] = sum / 4
                    }
                }
            }
            count = height * width
        }
    }
}
