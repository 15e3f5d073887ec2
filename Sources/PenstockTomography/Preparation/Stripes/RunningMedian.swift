/// The median of the last values, of a fixed number of them.
///
/// They are kept sorted, so a step moves at most as many values as there are; fast for the windows of some dozens that stripes need.
struct RunningMedian {
    private var sorted: [Float] = []

    init(capacity: Int) { sorted.reserveCapacity(capacity) }

    /// The middle value; of an even number the upper one of the two in the middle.
    var median: Float { sorted[sorted.count / 2] }

    mutating func insert(_ value: Float) { sorted.insert(value, at: place(of: value)) }

    mutating func remove(_ value: Float) { sorted.remove(at: place(of: value)) }

    /// The first place whose value is not less.
    private func place(of value: Float) -> Int {
        var (low, high) = (0, sorted.count)
        while low < high {
            let middle = (low + high) / 2
            if sorted[middle] < value { low = middle + 1 } else { high = middle }
        }
        return low
    }

    /// The medians of the `size` values around each, half of them before; beyond the ends the line is mirrored, its last values first.
    static func filtered(_ line: [Float], size: Int) -> [Float] {
        guard size > 1, let count = Optional(line.count), count > 1 else { return line }
        func mirrored(_ index: Int) -> Float {
            let folded = ((index % (2 * count)) + 2 * count) % (2 * count)
            return line[folded < count ? folded : 2 * count - 1 - folded]
        }
        let before = size / 2
        var window = RunningMedian(capacity: size + 1)
        for index in 0..<size { window.insert(mirrored(index - before)) }
        return (0..<count).map { index in
            defer {
                window.insert(mirrored(index + size - before))
                window.remove(mirrored(index - before))
            }
            return window.median
        }
    }
}
