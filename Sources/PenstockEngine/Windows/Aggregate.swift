/// An aggregate by window, and how its results become rows.
public struct Aggregate: Sendable {
    /// What is computed of numbers.
    public enum Function: String, Sendable, Hashable {
        /// The number of events.
        case count
        /// The sum of the numbers.
        case sum
        /// The mean of the numbers.
        case mean
        /// The smallest number.
        case minimum
        /// The largest number.
        case maximum
        /// Number, mean and variance of the numbers.
        case variance
    }

    /// How it is computed.
    enum Form: Sendable {
        /// Accumulators of numbers, which stand in the tables of the windows themselves.
        case numbers(Function, NumberKernel?)
        /// States in the slots of a store.
        case states(AggregateKernel)
    }

    let form: Form
    let row: ValueType
    let isKeyed: Bool
    /// When rows are put out, and for how long a window takes late events.
    let emission: Emission
    let makeRows: @Sendable (ClosedRows, UnsafeMutableRawPointer) -> Void

    /// An aggregate of numbers.
    /// - Parameters:
    ///   - function: What is computed.
    ///   - numbers: Takes the number from each event; nil for `.count`.
    ///   - row: The type of the rows.
    ///   - isKeyed: Whether each key has windows of its own; without keys the stage has one instance.
    ///   - emission: When rows are put out.
    ///   - makeRows: Initialises one value of the row type for each of the closed rows.
    public init(
        _ function: Function, of numbers: NumberKernel?, row: ValueType, isKeyed: Bool = true,
        emission: Emission = Emission(),
        makeRows: @escaping @Sendable (ClosedRows, UnsafeMutableRawPointer) -> Void
    ) {
        form = .numbers(function, numbers)
        self.row = row
        self.isKeyed = isKeyed
        self.emission = emission
        self.makeRows = makeRows
    }

    /// An aggregate with states of its own; the other parameters as above.
    public init(
        _ kernel: AggregateKernel, row: ValueType, isKeyed: Bool = true, emission: Emission = Emission(),
        makeRows: @escaping @Sendable (ClosedRows, UnsafeMutableRawPointer) -> Void
    ) {
        form = .states(kernel)
        self.row = row
        self.isKeyed = isKeyed
        self.emission = emission
        self.makeRows = makeRows
    }

    /// What is wrong with the parameters, or nil.
    var defect: String? {
        if let defect = emission.defect { return defect }
        return if case .states(let kernel) = form { kernel.defect } else { nil }
    }

    /// What is computed in words, for `explain`.
    var summary: String {
        switch form {
        case .numbers(let function, _): function.rawValue
        case .states(let kernel): kernel.name
        }
    }

    /// A store for the states of one instance of the stage, for windows that keep them in slots.
    func makeStore(of input: ValueType) -> AggregateStore { AggregateStore(kernel, of: input) }
}

/// When the rows of a window are put out, and for how long it takes late events.
public struct Emission: Sendable, Hashable {
    /// When rows that late events change are put out.
    public enum LateRows: Sendable, Hashable {
        /// Once, when the window takes no more events.
        case onExpiry
        /// After each late event.
        case eachEvent
    }

    /// For how long a closed window takes late events, in nanoseconds.
    public var allowedLateness: Int64
    /// When rows that late events change are put out.
    public var lateRows: LateRows
    /// An early row after each so many events of a key and window; nil for none.
    public var earlyEvery: Int?
    /// Early rows of the keys and windows with new events at each multiple of so many nanoseconds of the run's clock; nil for none.
    public var earlyInterval: Int64?

    /// One row when the window closes, and no late events, unless said otherwise.
    public init(
        allowedLateness: Int64 = 0, lateRows: LateRows = .onExpiry, earlyEvery: Int? = nil, earlyInterval: Int64? = nil
    ) {
        self.allowedLateness = allowedLateness
        self.lateRows = lateRows
        self.earlyEvery = earlyEvery
        self.earlyInterval = earlyInterval
    }

    /// Whether there are rows before a window closes.
    var givesEarlyRows: Bool { earlyEvery != nil || earlyInterval != nil }

    /// What is wrong with the numbers, or nil.
    var defect: String? {
        if allowedLateness < 0 { return "an allowed lateness must not be negative, but it is \(allowedLateness) ns" }
        if allowedLateness > TimeWindows.longest { return "an allowed lateness is longer than 2^60 ns (36 years)" }
        if let earlyEvery, earlyEvery <= 0 { return "early rows need a positive number of events, not \(earlyEvery)" }
        if let earlyInterval, earlyInterval <= 0 || earlyInterval > TimeWindows.longest {
            return "the interval of early rows must lie between 1 ns and 2^60 ns (36 years)"
        }
        return nil
    }
}
