internal import Dispatch

/// Calls of a simulated storage that stand still, as on a device that hangs, until they are released.
///
/// For storages whose log runs on threads of the system: under a `SimulatedScheduler`, which has one thread, nothing could release them.
public final class HeldCalls: Sendable {
    private let operation: String
    private let suffix: String
    private let released = DispatchSemaphore(value: 0)

    init(operation: String, suffix: String) {
        self.operation = operation
        self.suffix = suffix
    }

    /// Lets the calls go on, those that wait and all later ones.
    public func release() { released.signal() }

    func concerns(_ operation: String, _ path: String) -> Bool {
        operation == self.operation && path.hasSuffix(suffix)
    }

    func wait() {
        released.wait()
        released.signal()
    }
}
