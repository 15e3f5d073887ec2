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
            WindowJoin(windows, lateness: allowedLateness, kernel, context, origin: origin)
        }
        sides = [.late: kernel.left, .lateRight: kernel.right]
    }

    /// A join of two inputs by the distance of times. Both sides have keys of the same type.
    /// - Parameters:
    ///   - rule: Which events belong together.
    ///   - allowedLateness: How long late events are waited for, in nanoseconds.
    ///   - kernel: What becomes of events that belong together; pairs, except for sessions.
    public init(joining rule: TimedJoinRule, allowedLateness: Int64 = 0, _ kernel: JoinKernel) {
        self.init(
            keyed: "\(kernel.summary) per key, \(rule.summary)", output: kernel.output,
            defect: rule.defect ?? Emission(allowedLateness: allowedLateness).defect
        ) { context, origin in
            TimedJoin(rule, lateness: allowedLateness, kernel, context, origin: origin)
        }
        sides = [.late: kernel.left, .lateRight: kernel.right]
    }

    /// A stage that shows the events of its right input to those of its left one. It has one instance, and both inputs the same key for all events.
    public init(broadcasting kernel: BroadcastKernel) {
        self.init(
            keyed: "\(kernel.data.name) with what \(kernel.control.name) says", output: kernel.output, defect: nil
        ) { context, origin in
            BroadcastJoin(kernel, context, origin: origin)
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
