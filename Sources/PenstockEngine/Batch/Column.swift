/// Numbers of one kind, one for each row of a batch: times, key codes, the rows of a selection, extracted values.
///
/// Ownership: the column owns its memory from `init` to `deinit`. It is filled by the code that makes it and not written to once
/// it stands in a batch; from then on any number of stages may read it. That is what makes the unchecked conformance sound.
public final class Column<Element: BitwiseCopyable>: @unchecked Sendable {
    /// The numbers; all `capacity` of them may be written while the column is being made.
    public let values: UnsafeMutablePointer<Element>

    /// How many numbers there is room for.
    public let capacity: Int

    /// A column with room for `capacity` numbers, which are not initialised.
    public init(capacity: Int) {
        self.capacity = capacity
        values = ColumnMemory.allocate(
            byteCount: capacity * MemoryLayout<Element>.stride, alignment: MemoryLayout<Element>.alignment
        ).bindMemory(to: Element.self, capacity: capacity)
    }

    deinit { ColumnMemory.deallocate(values, byteCount: capacity * MemoryLayout<Element>.stride) }
}
