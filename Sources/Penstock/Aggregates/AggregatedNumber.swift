public import PenstockEngine

/// A number that aggregates work on.
public protocol AggregatedNumber: Sendable, BitwiseCopyable {
    /// The kernel that takes such a number from each event.
    static func kernel<Value>(_ number: @escaping @Sendable (Value) -> Self) -> NumberKernel

    /// The sum, minimum or maximum of numbers of this type.
    init(_ result: AggregateResult)
}

extension AggregatedNumber where Self: FixedWidthInteger {
    /// Takes integers. A sum is exact and fits into the integers' type, or there is none, by the error policy of its stage.
    @inlinable @inline(__always) public static func kernel<Value>(_ number: @escaping @Sendable (Value) -> Self)
        -> NumberKernel
    {
        let limits: ClosedRange<Int64>? =
            Self.bitWidth < Int64.bitWidth ? Int64(Self.min)...Int64(Self.max) : nil
        return NumberKernel(limits: limits) { rows, input, numbers in
            let values = input.assumingMemoryBound(to: Value.self)
            if let indices = rows.indices {
                for k in 0..<rows.count {
                    let row = Int(indices[k])
                    numbers[row] = Int64(number(values[row]))
                }
            } else {
                for row in 0..<rows.count { numbers[row] = Int64(number(values[row])) }
            }
            return KernelOutcome(processed: rows.count)
        }
    }

    /// The integer of a result, which fits.
    @inlinable public init(_ result: AggregateResult) { self.init(result.integer) }
}

extension AggregatedNumber where Self: BinaryFloatingPoint {
    /// Takes floating-point numbers, which are added in a fixed order.
    @inlinable @inline(__always) public static func kernel<Value>(_ number: @escaping @Sendable (Value) -> Self)
        -> NumberKernel
    {
        NumberKernel(floats: { rows, input, numbers in
            let values = input.assumingMemoryBound(to: Value.self)
            if let indices = rows.indices {
                for k in 0..<rows.count {
                    let row = Int(indices[k])
                    numbers[row] = Double(number(values[row]))
                }
            } else {
                for row in 0..<rows.count { numbers[row] = Double(number(values[row])) }
            }
            return KernelOutcome(processed: rows.count)
        })
    }

    /// The number of a result.
    @inlinable public init(_ result: AggregateResult) { self.init(result.float) }
}

extension Double: AggregatedNumber {}
extension Float: AggregatedNumber {}
extension Int: AggregatedNumber {}
extension Int64: AggregatedNumber {}
extension Int32: AggregatedNumber {}
extension Int16: AggregatedNumber {}
extension Int8: AggregatedNumber {}
extension UInt32: AggregatedNumber {}
extension UInt16: AggregatedNumber {}
extension UInt8: AggregatedNumber {}
