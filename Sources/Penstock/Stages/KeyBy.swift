public import PenstockEngine
public import PenstockEvents

/// Gives each event a key, by which windows and aggregates that follow work.
///
/// ```swift
/// KeyBy(\Reading.sensor)
/// ```
///
/// A key that is not a number is none: the stage fails for its event.
public struct KeyBy<Value: Sendable, Key: EventKey>: Stage {
    let kernel: KeyKernel
    /// The name and the parallelism that the author gave.
    public var options = StageOptions()

    /// The key is what `key` gives, a number of at most 64 bits.
    @inlinable @inline(__always) public init(_ key: @escaping @Sendable (Value) -> Key) where Key: FixedWidthKey {
        self.init(
            kernel: KeyKernel(fixedWidth: { rows, input, hashes in
                let values = input.assumingMemoryBound(to: Value.self)
                if let indices = rows.indices {
                    for k in 0..<rows.count {
                        let row = Int(indices[k])
                        let key = key(values[row])
                        guard key.isUsable else { return KernelOutcome(failedAt: k, UnusableKey(key)) }
                        hashes[row] = SplitMix64.mix(key.canonicalInteger)
                    }
                } else {
                    for row in 0..<rows.count {
                        let key = key(values[row])
                        guard key.isUsable else { return KernelOutcome(failedAt: row, UnusableKey(key)) }
                        hashes[row] = SplitMix64.mix(key.canonicalInteger)
                    }
                }
                return KernelOutcome(processed: rows.count)
            }))
    }

    /// The key is what `key` gives: text, or any other key that has canonical bytes.
    @inlinable @_disfavoredOverload public init(_ key: @escaping @Sendable (Value) -> Key) {
        self.init(
            kernel: KeyKernel(bytes: { rows, input, hashes, arena in
                let values = input.assumingMemoryBound(to: Value.self)
                for k in 0..<rows.count {
                    let row = rows[k]
                    let key = key(values[row])
                    guard key.isUsable else { return KernelOutcome(failedAt: k, UnusableKey(key)) }
                    hashes[row] = arena.append(key, row: row)
                }
                return KernelOutcome(processed: rows.count)
            }))
    }

    @usableFromInline init(kernel: KeyKernel) { self.kernel = kernel }
}
