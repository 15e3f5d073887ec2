/// The values of a batch's rows, of a type that only the kernels know.
///
/// Ownership: as `Column`. The column also ends the lifetime of its values: of the first `count` rows, or of the rows of `live` where
/// a kernel wrote to selected rows only.
public final class ValueColumn: @unchecked Sendable {
    /// The first value.
    public let base: UnsafeMutableRawPointer
    /// The type of the values.
    public let element: ValueType

    private let byteCount: Int
    private var count = 0
    private var live: Selection?

    /// Room for `capacity` values, none of them initialised; say with `setInitialized` which ones were.
    public init(_ element: ValueType, capacity: Int) {
        self.element = element
        byteCount = capacity * element.stride
        base = ColumnMemory.allocate(byteCount: byteCount, alignment: element.alignment)
    }

    /// The first `count` rows are initialised, or of them those that are selected.
    func setInitialized(count: Int, live: Selection? = nil) {
        self.count = count
        self.live = live
    }

    deinit {
        if let destroy = element.destroy {
            if let live {
                live.forEachRow { destroy(base + $0 * element.stride, 1) }
            } else {
                destroy(base, count)
            }
        }
        ColumnMemory.deallocate(base, byteCount: byteCount)
    }
}
