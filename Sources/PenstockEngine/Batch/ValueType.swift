/// The type of the values of a column, as far as code that does not know it needs it: layout, name, how to let go of values.
public struct ValueType: Sendable {
    /// The type's name, for `explain` and for errors.
    public let name: String
    /// Bytes from one value to the next.
    public let stride: Int
    /// The alignment in bytes.
    public let alignment: Int
    /// Ends the lifetime of values; nil where that is nothing to do.
    public let destroy: (@Sendable (UnsafeMutableRawPointer, Int) -> Void)?

    /// Initialises a value with a copy of another.
    public let copy: @Sendable (UnsafeRawPointer, UnsafeMutableRawPointer) -> Void

    /// How values come into a checkpoint and back, where they can. Looked up at each call.
    var coding: (any ValueCoding)? { makeCoding() }

    @usableFromInline let makeCoding: @Sendable () -> (any ValueCoding)?

    /// The description of `type`.
    @inlinable public init<Value>(_ type: Value.Type) {
        name = "\(type)"
        stride = MemoryLayout<Value>.stride
        alignment = MemoryLayout<Value>.alignment
        makeCoding = { valueCoding(of: Value.self) }
        copy = { source, target in
            let value = source.assumingMemoryBound(to: Value.self)
            target.assumingMemoryBound(to: Value.self).initialize(from: value, count: 1)
        }
        if _isPOD(type) {
            destroy = nil
        } else {
            destroy = { base, count in
                let values = base.assumingMemoryBound(to: Value.self)
                values.deinitialize(count: count)
            }
        }
    }
}
