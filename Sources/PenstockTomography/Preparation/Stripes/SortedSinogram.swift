/// A sinogram whose columns are sorted, each by itself, with the way back.
///
/// In a sorted column the angle no longer matters, so neighbouring columns are alike but for stripes. N. T. Vo, R. C. Atwood, M. Drakopoulos,
/// "Superior techniques for eliminating ring artifacts in X-ray micro-tomography", Opt. Express 26, 28396, 2018, DOI 10.1364/OE.26.028396.
struct SortedSinogram {
    private let angles: Int
    private let columns: Int
    /// The values in rising order, [column, rank].
    private(set) var values: [Float]
    /// The angle that each came from, [column, rank].
    private let origins: [UInt32]

    /// Sorts every column; equal values stay in the order of their angles.
    init(_ sinogram: Sinogram) {
        let (angles, columns) = (sinogram.angles, sinogram.columns)
        self.angles = angles
        self.columns = columns
        var values = transposed(sinogram.values, rows: angles, columns: columns)
        var order = RankOrder(count: angles)
        origins = Array(unsafeUninitializedCapacity: angles * columns) { origins, count in
            count = angles * columns
            values.withUnsafeMutableBufferPointer { values in
                for start in stride(from: 0, to: angles * columns, by: angles) {
                    order.sort(
                        UnsafeMutableBufferPointer(rebasing: values[start..<start + angles]),
                        origins: UnsafeMutableBufferPointer(rebasing: origins[start..<start + angles]))
                }
            }
        }
        self.values = values
    }

    /// The values of a column in rising order.
    func column(_ column: Int) -> ArraySlice<Float> { values[column * angles..<(column + 1) * angles] }

    /// With the median over `size` neighbouring columns in place of each value.
    func smoothed(size: Int) -> SortedSinogram {
        var result = self
        let byRank = transposed(values, rows: columns, columns: angles)
        var median = RunningMedian(size: size)
        let smooth = Array<Float>(unsafeUninitializedCapacity: byRank.count) { smooth, count in
            count = byRank.count
            byRank.withUnsafeBufferPointer { byRank in
                for start in stride(from: 0, to: byRank.count, by: columns) {
                    median.filter(
                        UnsafeBufferPointer(rebasing: byRank[start..<start + columns]),
                        into: UnsafeMutableBufferPointer(rebasing: smooth[start..<start + columns]))
                }
            }
        }
        result.values = transposed(smooth, rows: angles, columns: columns)
        return result
    }

    /// The sinogram with every value back at its angle.
    func unsorted() -> Sinogram {
        let byColumn = Array<Float>(unsafeUninitializedCapacity: values.count) { byColumn, count in
            count = values.count
            for start in stride(from: 0, to: values.count, by: angles) {
                for index in start..<start + angles { byColumn[start + Int(origins[index])] = values[index] }
            }
        }
        return Sinogram(columns: columns, values: transposed(byColumn, rows: columns, columns: angles))
    }
}

/// Sorts lines of floating-point numbers and says where each came from: radix sort, byte by byte of the bit patterns.
private struct RankOrder {
    /// A bit pattern that rises with its number, in the upper half; the number's place in the lower.
    private var items: [UInt64]
    private var others: [UInt64]

    init(count: Int) {
        items = Array(repeating: 0, count: count)
        others = items
    }

    mutating func sort(_ line: UnsafeMutableBufferPointer<Float>, origins: UnsafeMutableBufferPointer<UInt32>) {
        for (place, value) in line.enumerated() { items[place] = UInt64(Self.key(value)) << 32 | UInt64(place) }
        for shift in stride(from: 32 as UInt64, to: 64, by: 8) { sortByByte(at: shift) }
        for (rank, item) in items.enumerated() {
            line[rank] = Self.value(UInt32(item >> 32))
            origins[rank] = UInt32(truncatingIfNeeded: item)
        }
    }

    private mutating func sortByByte(at shift: UInt64) {
        withUnsafeTemporaryAllocation(of: Int.self, capacity: 256) { starts in
            starts.initialize(repeating: 0)
            for item in items { starts[Int(item >> shift & 255)] += 1 }
            var sum = 0
            for byte in starts.indices {
                let count = starts[byte]
                starts[byte] = sum
                sum += count
            }
            for item in items {
                let byte = Int(item >> shift & 255)
                others[starts[byte]] = item
                starts[byte] += 1
            }
        }
        swap(&items, &others)
    }

    /// Negative numbers have their bits flipped, so that the larger magnitude is the smaller key; positive ones stand above them.
    private static func key(_ value: Float) -> UInt32 {
        let bits = value.bitPattern
        return bits >> 31 == 1 ? ~bits : bits | 1 << 31
    }

    private static func value(_ key: UInt32) -> Float { Float(bitPattern: key >> 31 == 1 ? key & ~(1 << 31) : ~key) }
}

/// A matrix [row, column] as [column, row].
private func transposed(_ values: [Float], rows: Int, columns: Int) -> [Float] {
    // Squares of which both sides fit into the nearest cache.
    let block = 16
    return Array(unsafeUninitializedCapacity: values.count) { result, count in
        count = values.count
        for firstRow in stride(from: 0, to: rows, by: block) {
            for firstColumn in stride(from: 0, to: columns, by: block) {
                for column in firstColumn..<min(firstColumn + block, columns) {
                    for row in firstRow..<min(firstRow + block, rows) {
                        result[column * rows + row] = values[row * columns + column]
                    }
                }
            }
        }
    }
}
