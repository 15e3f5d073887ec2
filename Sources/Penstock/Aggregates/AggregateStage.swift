internal import PenstockEngine
internal import PenstockEvents

extension KeyedWindows {
    /// The stream of an aggregate's rows, made one by one from what the closed windows give.
    func aggregate<Row: Sendable>(
        _ function: Aggregate.Function, _ numbers: NumberKernel?, label: String, _ aggregateOptions: StageOptions,
        _ row: @escaping @Sendable (ClosedRows, Int) -> Row
    ) -> Stream<Row> {
        let aggregate = Aggregate(function, of: numbers, row: ValueType(Row.self)) { rows, target in
            let values = target.assumingMemoryBound(to: Row.self)
            for k in 0..<rows.count { (values + k).initialize(to: row(rows, k)) }
        }
        // The window and its aggregate are one stage; what was said of either holds for it.
        var both = aggregateOptions
        both.name = aggregateOptions.name ?? options.name
        both.parallelism = aggregateOptions.parallelism ?? options.parallelism
        return Stream(stages: stages + [StageDescription(.aggregate(window, aggregate), label: label, both)])
    }
}

extension FlowBuilder {
    /// Counts the events of each window.
    public static func buildPartialBlock<Key, Value>(
        accumulated: KeyedWindows<Key, Value>, next: Count
    ) -> Stream<Counted<Key>> {
        accumulated.aggregate(.count, nil, label: "Count", next.options) { rows, k in
            Counted(
                key: rows.key(k, as: Key.self), count: Int(rows.result(k).count), window: rows.window(k),
                isComplete: rows.isComplete(k))
        }
    }

    /// Sums a number over each window.
    public static func buildPartialBlock<Key, Value, Number>(
        accumulated: KeyedWindows<Key, Value>, next: Sum<Value, Number>
    ) -> Stream<Summed<Key, Number>> {
        accumulated.aggregate(.sum, next.numbers, label: "Sum", next.options) { rows, k in
            Summed(
                key: rows.key(k, as: Key.self), sum: Number(rows.result(k)), window: rows.window(k),
                isComplete: rows.isComplete(k))
        }
    }

    /// Averages a number over each window.
    public static func buildPartialBlock<Key, Value, Number>(
        accumulated: KeyedWindows<Key, Value>, next: Mean<Value, Number>
    ) -> Stream<Averaged<Key>> {
        accumulated.aggregate(.mean, next.numbers, label: "Mean", next.options) { rows, k in
            let result = rows.result(k)
            return Averaged(
                key: rows.key(k, as: Key.self), mean: result.float, count: Int(result.count), window: rows.window(k),
                isComplete: rows.isComplete(k))
        }
    }

    /// Finds the smallest value of a number in each window.
    public static func buildPartialBlock<Key, Value, Number>(
        accumulated: KeyedWindows<Key, Value>, next: Minimum<Value, Number>
    ) -> Stream<Extreme<Key, Number>> {
        accumulated.aggregate(.minimum, next.numbers, label: "Minimum", next.options, Extreme.init)
    }

    /// Finds the largest value of a number in each window.
    public static func buildPartialBlock<Key, Value, Number>(
        accumulated: KeyedWindows<Key, Value>, next: Maximum<Value, Number>
    ) -> Stream<Extreme<Key, Number>> {
        accumulated.aggregate(.maximum, next.numbers, label: "Maximum", next.options, Extreme.init)
    }
}

extension Extreme {
    fileprivate init(_ rows: ClosedRows, _ k: Int) {
        self.init(
            key: rows.key(k, as: Key.self), value: Number(rows.result(k)), window: rows.window(k),
            isComplete: rows.isComplete(k))
    }
}
