internal import PenstockEngine

// Aggregates behind windows of a stream without keys: one row for each window.
extension FlowBuilder {
    /// Counts the events of each window.
    public static func buildPartialBlock<Value>(
        accumulated: StreamWindows<Value>, next: Count
    ) -> Stream<Windowed<Int>> {
        accumulated.rows(.count, nil, label: "Count", next.options) { Int($0.count) }
    }

    /// Sums a number over each window.
    public static func buildPartialBlock<Value, Number>(
        accumulated: StreamWindows<Value>, next: Sum<Value, Number>
    ) -> Stream<Windowed<Number>> {
        accumulated.rows(.sum, next.numbers, label: "Sum", next.options) { Number($0) }
    }

    /// Averages a number over each window.
    public static func buildPartialBlock<Value, Number>(
        accumulated: StreamWindows<Value>, next: Mean<Value, Number>
    ) -> Stream<Windowed<Average>> {
        accumulated.rows(.mean, next.numbers, label: "Mean", next.options) {
            Average(mean: $0.float, count: Int($0.count))
        }
    }

    /// Finds the variance of a number over each window.
    public static func buildPartialBlock<Value, Number>(
        accumulated: StreamWindows<Value>, next: Variance<Value, Number>
    ) -> Stream<Windowed<Moments>> {
        accumulated.rows(.variance, next.numbers, label: "Variance", next.options) { Moments($0) }
    }

    /// Finds the smallest value of a number in each window.
    public static func buildPartialBlock<Value, Number>(
        accumulated: StreamWindows<Value>, next: Minimum<Value, Number>
    ) -> Stream<Windowed<Number>> {
        accumulated.rows(.minimum, next.numbers, label: "Minimum", next.options) { Number($0) }
    }

    /// Finds the largest value of a number in each window.
    public static func buildPartialBlock<Value, Number>(
        accumulated: StreamWindows<Value>, next: Maximum<Value, Number>
    ) -> Stream<Windowed<Number>> {
        accumulated.rows(.maximum, next.numbers, label: "Maximum", next.options) { Number($0) }
    }

    /// Aggregates the events of each window.
    public static func buildPartialBlock<Aggregation: StateAggregate>(
        accumulated: StreamWindows<Aggregation.Value>, next: Aggregation
    ) -> Stream<Windowed<Aggregation.Result>> {
        accumulated.rows(next.kernel, Aggregation.Result.self, label: stageLabel(Aggregation.self), next.options)
    }

    /// Collects the events of each window.
    @inlinable public static func buildPartialBlock<Value>(
        accumulated: StreamWindows<Value>, next: Collect
    ) -> Stream<Windowed<[Value]>> {
        accumulated.rows(.collecting(Value.self), [Value].self, label: "Collect", next.options)
    }

    /// Keeps the first event of each window.
    @inlinable public static func buildPartialBlock<Value>(
        accumulated: StreamWindows<Value>, next: First
    ) -> Stream<Windowed<Value>> {
        accumulated.rows(.edge(Value.self, isLast: false), Value.self, label: "First", next.options)
    }

    /// Keeps the last event of each window.
    @inlinable public static func buildPartialBlock<Value>(
        accumulated: StreamWindows<Value>, next: Last
    ) -> Stream<Windowed<Value>> {
        accumulated.rows(.edge(Value.self, isLast: true), Value.self, label: "Last", next.options)
    }
}
