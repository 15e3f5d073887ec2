public import PenstockEngine

/// The events for which a condition holds.
///
/// ```swift
/// Filter { (r: Reading) in r.value > 0 }
/// ```
public struct Filter<Value: Sendable>: Stage {
    let kernel: FilterKernel
    /// The name and the parallelism that the author gave.
    public var options = StageOptions()

    /// Keeps the events for which `condition` is true. What it throws ends the run and names the event, unless
    /// `.onError(…)` says otherwise.
    @inlinable @inline(__always)
    public init<Failure: Error>(_ condition: @escaping @Sendable (Value) throws(Failure) -> Bool) {
        self.init(
            kernel: FilterKernel { rows, input, kept, keptCount in
                let values = input.assumingMemoryBound(to: Value.self)
                var count = 0
                var k = 0
                do throws(Failure) {
                    // Written for every row, counted for those that stay: no branch that the processor could guess wrongly.
                    if let indices = rows.indices {
                        while k < rows.count {
                            let row = indices[k]
                            kept[count] = row
                            count &+= try condition(values[Int(row)]) ? 1 : 0
                            k &+= 1
                        }
                    } else {
                        while k < rows.count {
                            kept[count] = UInt32(truncatingIfNeeded: k)
                            count &+= try condition(values[k]) ? 1 : 0
                            k &+= 1
                        }
                    }
                } catch {
                    keptCount = count
                    return KernelOutcome(failedAt: k, error)
                }
                keptCount = count
                return KernelOutcome(processed: rows.count)
            })
    }

    @usableFromInline init(kernel: FilterKernel) { self.kernel = kernel }
}
