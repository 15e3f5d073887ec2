internal import PenstockEvents

extension AnyOperator {
    /// A join of two inputs by windows of time. Both sides have keys of the same type.
    /// - Parameters:
    ///   - windows: The windows.
    ///   - allowedLateness: How long a window waits for late events, in nanoseconds.
    ///   - kernel: What becomes of events that belong together.
    public init(joining windows: TimeWindows, allowedLateness: Int64 = 0, _ kernel: JoinKernel) {
        self.init(
            keyed: "\(kernel.summary) per key, \(KeyedWindow.time(windows).summary)", output: kernel.output,
            defect: windows.defect ?? Emission(allowedLateness: allowedLateness).defect
        ) { context, origin in
            WindowJoin(windows, lateness: allowedLateness, kernel, stage: context.stage, origin: origin)
        }
    }

    init(
        keyed summary: String, output: ValueType, defect: String?,
        make: @escaping @Sendable (OperatorContext, Origin) -> any Processor
    ) {
        self.summary = summary
        self.output = output
        self.defect = defect
        self.make = make
        isHeavy = false
        isKeyed = true
    }
}
