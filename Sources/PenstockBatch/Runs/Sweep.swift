/// A run of several tasks that differ in the values of some options.
public struct Sweep: Codable, Sendable, Hashable {
    /// The options, in the order in which they were given.
    public var keys: [String]
    /// For each task the values of the options, in their order.
    public var tasks: [[String]]

    /// What a task adds to the arguments.
    public func arguments(of task: Int) -> [String] { zip(keys, tasks[task]).map { "--\($0)=\($1)" } }
}
