public import PenstockEngine

/// One event for each event. The time and the key stay those of the input.
///
/// ```swift
/// Map { (r: Reading) in Celsius(kelvin: r.value) }
/// ```
public struct Map<In: Sendable, Out: Sendable>: Stage {
    let kernel: MapKernel
    /// The name and the parallelism that the author gave.
    public var options = StageOptions()

    /// Calls `transform` for each event. What it throws ends the run and names the event, unless
    /// `.onError(…)` says otherwise.
    @inlinable @inline(__always)
    public init<Failure: Error>(_ transform: @escaping @Sendable (In) throws(Failure) -> Out) {
        self.init(
            kernel: MapKernel(output: ValueType(Out.self)) { rows, input, output in
                let values = input.assumingMemoryBound(to: In.self)
                let results = output.assumingMemoryBound(to: Out.self)
                var k = 0
                do throws(Failure) {
                    if let indices = rows.indices {
                        while k < rows.count {
                            let row = Int(indices[k])
                            (results + row).initialize(to: try transform(values[row]))
                            k &+= 1
                        }
                    } else {
                        while k < rows.count {
                            (results + k).initialize(to: try transform(values[k]))
                            k &+= 1
                        }
                    }
                } catch {
                    return KernelOutcome(failedAt: k, error)
                }
                return KernelOutcome(processed: rows.count)
            })
    }

    @usableFromInline init(kernel: MapKernel) { self.kernel = kernel }
}
