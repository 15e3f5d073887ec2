public import PenstockEngine
internal import PenstockEvents

// Aggregates behind windows of a keyed stream: one row for each key and window.
extension FlowBuilder {
    /// Counts the events of each window.
    @inlinable public static func buildPartialBlock<Key, Value>(
        accumulated: KeyedWindows<Key, Value>, next: Count
    ) -> Stream<Counted<Key>> {
        accumulated.input.numbers(.count, nil, label: "Count", next.options) { rows, k in
            Counted(
                key: rows.key(k, as: Key.self), count: Int(rows.result(k).count), window: rows.window(k),
                pane: rows.pane(k))
        }
    }

    /// Sums a number over each window.
    @inlinable public static func buildPartialBlock<Key, Value, Number>(
        accumulated: KeyedWindows<Key, Value>, next: Sum<Value, Number>
    ) -> Stream<Summed<Key, Number>> {
        accumulated.input.numbers(.sum, next.numbers, label: "Sum", next.options) { rows, k in
            Summed(
                key: rows.key(k, as: Key.self), sum: Number(rows.result(k)), window: rows.window(k), pane: rows.pane(k))
        }
    }

    /// Averages a number over each window.
    @inlinable public static func buildPartialBlock<Key, Value, Number>(
        accumulated: KeyedWindows<Key, Value>, next: Mean<Value, Number>
    ) -> Stream<Averaged<Key>> {
        accumulated.input.numbers(.mean, next.numbers, label: "Mean", next.options) { rows, k in
            let result = rows.result(k)
            return Averaged(
                key: rows.key(k, as: Key.self), mean: result.float, count: Int(result.count), window: rows.window(k),
                pane: rows.pane(k))
        }
    }

    /// Finds the variance of a number over each window.
    public static func buildPartialBlock<Key, Value, Number>(
        accumulated: KeyedWindows<Key, Value>, next: Variance<Value, Number>
    ) -> Stream<KeyedResult<Key, Moments>> {
        accumulated.input.numbers(.variance, next.numbers, label: "Variance", next.options) { rows, k in
            KeyedResult(
                key: rows.key(k, as: Key.self), value: Moments(rows.result(k)), window: rows.window(k),
                pane: rows.pane(k))
        }
    }

    /// Finds the smallest value of a number in each window.
    public static func buildPartialBlock<Key, Value, Number>(
        accumulated: KeyedWindows<Key, Value>, next: Minimum<Value, Number>
    ) -> Stream<Extreme<Key, Number>> {
        accumulated.input.numbers(.minimum, next.numbers, label: "Minimum", next.options, Extreme.init)
    }

    /// Finds the largest value of a number in each window.
    public static func buildPartialBlock<Key, Value, Number>(
        accumulated: KeyedWindows<Key, Value>, next: Maximum<Value, Number>
    ) -> Stream<Extreme<Key, Number>> {
        accumulated.input.numbers(.maximum, next.numbers, label: "Maximum", next.options, Extreme.init)
    }

    /// Aggregates the events of each window.
    public static func buildPartialBlock<Key, Aggregation: StateAggregate>(
        accumulated: KeyedWindows<Key, Aggregation.Value>, next: Aggregation
    ) -> Stream<KeyedResult<Key, Aggregation.Result>> {
        accumulated.rows(next.kernel, Aggregation.Result.self, label: stageLabel(Aggregation.self), next.options)
    }

    /// Collects the events of each window.
    @inlinable public static func buildPartialBlock<Key, Value>(
        accumulated: KeyedWindows<Key, Value>, next: Collect
    ) -> Stream<KeyedResult<Key, [Value]>> {
        accumulated.rows(.collecting(Value.self), [Value].self, label: "Collect", next.options)
    }

    /// Keeps the first event of each window.
    @inlinable public static func buildPartialBlock<Key, Value>(
        accumulated: KeyedWindows<Key, Value>, next: First
    ) -> Stream<KeyedResult<Key, Value>> {
        accumulated.rows(.edge(Value.self, isLast: false), Value.self, label: "First", next.options)
    }

    /// Keeps the last event of each window.
    @inlinable public static func buildPartialBlock<Key, Value>(
        accumulated: KeyedWindows<Key, Value>, next: Last
    ) -> Stream<KeyedResult<Key, Value>> {
        accumulated.rows(.edge(Value.self, isLast: true), Value.self, label: "Last", next.options)
    }

    /// The word for a generic stage: its type without its parameters.
    static func stageLabel(_ type: Any.Type) -> String { String("\(type)".prefix { $0 != "<" }) }
}

extension Extreme {
    fileprivate init(_ rows: ClosedRows, _ k: Int) {
        self.init(
            key: rows.key(k, as: Key.self), value: Number(rows.result(k)), window: rows.window(k), pane: rows.pane(k))
    }
}
