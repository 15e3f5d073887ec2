internal import PenstockEvents

/// Notes every flow that is made while a pipeline's body is evaluated, also those that no other flow uses: the compiler only warns
/// about them.
public final class FlowRecorder: Sendable {
    /// The recorder of the body that is being evaluated, or nil outside of one.
    @TaskLocal public static var current: FlowRecorder?

    private let flows = Guarded<[FlowDescription]>([])

    /// A recorder without flows.
    public init() {}

    /// Notes a flow.
    public func record(_ flow: FlowDescription) { flows.withLock { $0.append(flow) } }

    /// The flows in the order in which they were made.
    public var recorded: [FlowDescription] { flows.withLock { $0 } }
}
