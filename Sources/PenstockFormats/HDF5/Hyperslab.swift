/// A box of a dataset: for each axis, slowest first, where it begins and how many elements it has.
public struct Hyperslab: Sendable, Hashable {
    /// The first index on each axis.
    public var offset: [Int]
    /// The number of indices on each axis.
    public var count: [Int]

    /// A box.
    public init(offset: [Int], count: [Int]) {
        self.offset = offset
        self.count = count
    }

    /// The box of these ranges, one an axis.
    public init(_ ranges: Range<Int>...) {
        self.init(offset: ranges.map(\.lowerBound), count: ranges.map(\.count))
    }

    /// The indices `range` of the first axis and all of the others: projections, slices or frames of a stack.
    public init(leading range: Range<Int>, of shape: [Int]) {
        self.init(
            offset: [range.lowerBound] + shape.dropFirst().map { _ in 0 }, count: [range.count] + shape.dropFirst())
    }

    /// The number of elements.
    public var elementCount: Int { count.reduce(1, *) }

    /// Whether the box lies in an array of `shape`.
    func fits(_ shape: [Int]) -> Bool {
        guard offset.count == shape.count, count.count == shape.count else { return false }
        return shape.indices.allSatisfy { axis in
            offset[axis] >= 0 && count[axis] >= 0 && offset[axis] <= shape[axis]
                && count[axis] <= shape[axis] - offset[axis]
        }
    }
}
