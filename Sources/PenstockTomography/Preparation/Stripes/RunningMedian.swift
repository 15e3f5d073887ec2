/// The running median of lines of values, with the memory that it needs.
///
/// The values of the window are kept sorted. Where neighbours are alike, as in a sorted sinogram, a step of the window moves few of them.
struct RunningMedian {
    private let size: Int
    private var sorted: [Float]
    private var extended: [Float] = []

    /// The median of `size` values, `size / 2` of them before the one that it replaces; of an even number the upper of the two in the middle.
    init(size: Int) {
        precondition(size > 0, "a median needs at least one value")
        self.size = size
        sorted = Array(repeating: 0, count: size)
    }

    /// Writes the medians of a line; beyond its ends it is mirrored, its last values first.
    mutating func filter(_ line: UnsafeBufferPointer<Float>, into result: UnsafeMutableBufferPointer<Float>) {
        precondition(line.count == result.count, "there is a median for each value")
        extend(line)
        let size = size
        extended.withUnsafeBufferPointer { values in
            sorted.withUnsafeMutableBufferPointer { sorted in
                _ = sorted.update(fromContentsOf: values[..<size])
                sorted.sort()
                for index in result.indices {
                    result[index] = sorted[size / 2]
                    Self.replace(values[index], by: values[index + size], in: sorted)
                }
            }
        }
    }

    /// The medians of a line.
    static func filtered(_ line: [Float], size: Int) -> [Float] {
        var median = RunningMedian(size: size)
        return Array(unsafeUninitializedCapacity: line.count) { result, count in
            count = line.count
            let result = UnsafeMutableBufferPointer(rebasing: result[..<count])
            line.withUnsafeBufferPointer { median.filter($0, into: result) }
        }
    }

    /// The line with what the windows see beyond its ends; one value more, which the last step takes and nobody looks at.
    private mutating func extend(_ line: UnsafeBufferPointer<Float>) {
        extended.removeAll(keepingCapacity: true)
        for index in 0..<line.count + size { extended.append(line[mirrored(index - size / 2, count: line.count)]) }
    }

    private static func replace(_ old: Float, by new: Float, in sorted: UnsafeMutableBufferPointer<Float>) {
        var place = 0
        var count = sorted.count
        while count > 1 {
            let half = count / 2
            // The last place whose value is not above the old one.
            place += sorted[place + half] <= old ? half : 0
            count -= half
        }
        while place + 1 < sorted.count, sorted[place + 1] < new {
            sorted[place] = sorted[place + 1]
            place += 1
        }
        while place > 0, sorted[place - 1] > new {
            sorted[place] = sorted[place - 1]
            place -= 1
        }
        sorted[place] = new
    }
}
