public import PenstockEngine
public import PenstockEvents

/// What comes of two streams that are joined: the beginning of a flow, or an input of another join.
///
/// Made by `Join`, `LeftJoin`, `RightJoin`, `FullJoin`, `CoGroup` and the other joins.
public struct Joined<Value: Sendable>: Stage {
    let label: String
    let left: [StageDescription]
    let right: [StageDescription]
    let operation: AnyOperator
    private let isSingle: Bool
    private var sides: [SidePort: SideOutputName] = [:]
    /// The name and the parallelism that the author gave.
    public var options = StageOptions()

    @usableFromInline init(
        _ label: String, _ left: [StageDescription], _ right: [StageDescription], _ operation: AnyOperator,
        isSingle: Bool = false
    ) {
        self.label = label
        self.left = left
        self.right = right
        self.operation = operation
        self.isSingle = isSingle
    }

    var stages: [StageDescription] {
        let parts = [FlowDescription(name: "left", stages: left), FlowDescription(name: "right", stages: right)]
        var options = options
        if isSingle { options.parallelism = 1 }
        var join = StageDescription(.operation(operation), label: label, options)
        join.sides = sides
        return [StageDescription(.inputs(parts), label: label, name: "\(options.name ?? label).sides"), join]
    }

    /// The join with its late events of both sides as streams. They are counted in any case.
    ///
    /// ```swift
    /// Join(orders, payments, on: \.number, \.order, between: .zero, .seconds(60)) { … }
    ///     .late(left: lateOrders, right: latePayments)
    /// ```
    public func late<L, R>(left: SideOutput<L>, right: SideOutput<R>) -> Joined {
        late(left: left).late(right: right)
    }

    /// The join with the late events of its left side as a stream.
    public func late<L>(left: SideOutput<L>) -> Joined { giving(left.output, at: .late) }

    /// The join with the late events of its right side as a stream.
    public func late<R>(right: SideOutput<R>) -> Joined { giving(right.output, at: .lateRight) }

    private func giving(_ side: SideOutputName, at port: SidePort) -> Joined {
        var join = self
        join.sides[port] = side
        return join
    }
}

extension Joined: FlowBeginning {}

extension Joined: StreamInput {
    /// The join and what comes before it.
    public var inputStages: [StageDescription] { stages }
}

extension FlowBuilder {
    /// A flow begins with two streams that are joined.
    public static func buildPartialBlock<Value>(first: Joined<Value>) -> Stream<Value> { Stream(stages: first.stages) }
}

extension StreamInput {
    /// The stages of the input, and behind them the one that gives its events their keys.
    @inlinable @inline(__always) func keyed<Key: EventKey>(
        by key: @escaping @Sendable (Value) -> Key
    ) -> [StageDescription] {
        inputStages + [StageDescription(.keyBy(KeyKernel(key), keyType: "\(Key.self)"), label: "KeyBy")]
    }
}

extension KeyKernel {
    /// The kernel of a key of either kind: at most 64 bits, or longer.
    @inlinable @inline(__always) init<Value, Key: EventKey>(_ key: @escaping @Sendable (Value) -> Key) {
        guard Key.self is any FixedWidthKey.Type else {
            self.init(bytes: { rows, input, hashes, arena in
                let values = input.assumingMemoryBound(to: Value.self)
                for k in 0..<rows.count {
                    let row = rows[k]
                    let key = key(values[row])
                    guard key.isUsable else { return KernelOutcome(failedAt: k, UnusableKey(key)) }
                    hashes[row] = arena.append(key, row: row)
                }
                return KernelOutcome(processed: rows.count)
            })
            return
        }
        self.init(fixedWidth: { rows, input, hashes in
            let values = input.assumingMemoryBound(to: Value.self)
            for k in 0..<rows.count {
                let row = rows[k]
                let key = key(values[row])
                guard key.isUsable else { return KernelOutcome(failedAt: k, UnusableKey(key)) }
                // The canonical bytes of a key of a fixed width are its canonical integer.
                hashes[row] = SplitMix64.mix(
                    key.withCanonicalBytes { UInt64(bigEndian: $0.loadUnaligned(as: UInt64.self)) })
            }
            return KernelOutcome(processed: rows.count)
        })
    }
}
