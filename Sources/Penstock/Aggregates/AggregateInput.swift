public import PenstockEngine
internal import PenstockEvents

/// What an aggregate follows: windows of a stream, with keys or without.
@usableFromInline struct AggregateInput {
    let stages: [StageDescription]
    let window: KeyedWindow
    @usableFromInline let emission: Emission
    let sides: [SidePort: SideOutputName]
    @usableFromInline let isKeyed: Bool
    let options: StageOptions

    /// The stream behind an aggregate. The window and its aggregate are one stage; what was said of either holds for it.
    @usableFromInline func stream<Row>(
        _ aggregate: PenstockEngine.Aggregate, label: String, _ aggregateOptions: StageOptions
    ) -> Stream<
        Row
    > {
        var both = aggregateOptions
        both.name = aggregateOptions.name ?? options.name
        both.formerNames = aggregateOptions.formerNames + options.formerNames
        both.parallelism = aggregateOptions.parallelism ?? options.parallelism
        if aggregateOptions.onError == .fail { both.onError = options.onError }
        var description = StageDescription(.aggregate(window, aggregate), label: label, both)
        description.sides = sides
        if case .count(let windows) = window, windows.isArrivalOrder, isKeyed || !stages.haveOneOrigin {
            description.unrepeatable = "order of arrival"
        }
        return Stream(stages: stages + [description])
    }

    /// The stream of the rows of an aggregate of numbers.
    @inlinable @inline(__always) func numbers<Row: Sendable>(
        _ function: PenstockEngine.Aggregate.Function, _ numbers: NumberKernel?, label: String, _ options: StageOptions,
        _ row: @escaping @Sendable (ClosedRows, Int) -> Row
    ) -> Stream<Row> {
        let aggregate = PenstockEngine.Aggregate(
            function, of: numbers, row: ValueType(Row.self), isKeyed: isKeyed, emission: emission,
            makeRows: makeRows(row))
        return stream(aggregate, label: label, options)
    }

    /// The stream of the rows of an aggregate with states of its own.
    @inlinable @inline(__always) func states<Row: Sendable>(
        _ kernel: AggregateKernel, label: String, _ options: StageOptions,
        _ row: @escaping @Sendable (ClosedRows, Int) -> Row
    ) -> Stream<Row> {
        let aggregate = PenstockEngine.Aggregate(
            kernel, row: ValueType(Row.self), isKeyed: isKeyed, emission: emission, makeRows: makeRows(row))
        return stream(aggregate, label: label, options)
    }

    @inlinable @inline(__always) func makeRows<Row>(
        _ row: @escaping @Sendable (ClosedRows, Int) -> Row
    ) -> @Sendable (ClosedRows, UnsafeMutableRawPointer) -> Void {
        { rows, target in
            let values = target.assumingMemoryBound(to: Row.self)
            for k in 0..<rows.count { (values + k).initialize(to: row(rows, k)) }
        }
    }
}

extension KeyedWindows {
    @usableFromInline var input: AggregateInput {
        AggregateInput(
            stages: stages, window: window, emission: emission, sides: sides, isKeyed: true, options: options)
    }

    /// The stream of an aggregate's rows.
    @inlinable @inline(__always) func rows<Result>(
        _ kernel: AggregateKernel, _ type: Result.Type, label: String, _ options: StageOptions
    ) -> Stream<KeyedResult<Key, Result>> {
        input.states(kernel, label: label, options) { rows, k in
            KeyedResult(
                key: rows.key(k, as: Key.self), value: rows.value(k, as: Result.self), window: rows.window(k),
                pane: rows.pane(k))
        }
    }
}

extension StreamWindows {
    @usableFromInline var input: AggregateInput {
        AggregateInput(
            stages: stages, window: window, emission: emission, sides: sides, isKeyed: false, options: options)
    }

    /// The stream of an aggregate's rows.
    @inlinable @inline(__always) func rows<Result>(
        _ kernel: AggregateKernel, _ type: Result.Type, label: String, _ options: StageOptions
    ) -> Stream<Windowed<Result>> {
        input.states(kernel, label: label, options) { rows, k in
            Windowed(value: rows.value(k, as: Result.self), window: rows.window(k), pane: rows.pane(k))
        }
    }

    /// The stream of the rows of an aggregate of numbers.
    @inlinable @inline(__always) func rows<Result: Sendable>(
        _ function: PenstockEngine.Aggregate.Function, _ numbers: NumberKernel?, label: String, _ options: StageOptions,
        _ value: @escaping @Sendable (AggregateResult) -> Result
    ) -> Stream<Windowed<Result>> {
        input.numbers(function, numbers, label: label, options) { rows, k in
            Windowed(value: value(rows.result(k)), window: rows.window(k), pane: rows.pane(k))
        }
    }
}
