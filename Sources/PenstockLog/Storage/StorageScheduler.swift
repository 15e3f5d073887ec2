/// Runs the work of the log's threads in an order of its own choice: the seam at which a simulation makes a run repeatable.
///
/// Each of the log's threads is a name. Work of one name runs in the order in which it was handed over and never overlaps; work of
/// different names may run in any order, or at the same time.
public protocol StorageScheduler: Sendable {
    /// Takes work for the thread `name`, and returns before it runs.
    func schedule(on name: String, _ work: @escaping @Sendable () -> Void)
}
