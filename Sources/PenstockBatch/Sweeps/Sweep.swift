internal import Foundation

/// A run of several tasks that differ in the values of some options.
public struct Sweep: Codable, Sendable, Hashable {
    /// The options without dashes, in the order in which they were given.
    public var keys: [String]
    /// For each task the values of the options, in their order: a grid, of which the first option changes least often.
    public var tasks: [[String]]
    /// The options among them whose values are paths, from the folder that the run was submitted from.
    public var paths: [String] = []
    /// Folders that outputs of a task lie in, from the task's folder.
    public var folders: [String] = []

    /// The most tasks.
    public static let mostTasks = 10_000

    /// The tasks of texts such as `centre=290:300:1` (first, last and step) or `filter=ramp,hann`; several make a grid.
    /// - Throws: `BatchError.wrongJob` for a text that cannot be meant, and for more than `mostTasks` tasks.
    public init(_ texts: [String]) throws(BatchError) {
        precondition(!texts.isEmpty, "a sweep has an option")
        (keys, tasks) = ([], [[]])
        for text in texts {
            let (key, values) = try SweepValues.parse(text)
            guard !keys.contains(key) else {
                throw BatchError(.wrongJob, "\(key) is swept twice", hint: "give all of its values in one --sweep")
            }
            guard tasks.count * values.count <= Self.mostTasks else {
                throw SweepValues.tooMany("\(tasks.count) × \(values.count)")
            }
            keys.append(key)
            tasks = tasks.flatMap { task in values.map { task + [$0] } }
        }
    }

    /// What tells a task from the others, such as `centre=295`, option by option.
    public func labels(of task: Int) -> [String] { zip(keys, tasks[task]).map { "\($0)=\($1)" } }

    /// How many tasks a row of a grid has: the values of its last option. Nil where there is one option, or rows would be much longer than there
    /// are rows.
    var rowLength: Int? {
        guard keys.count > 1, let first = tasks.first?.dropLast() else { return nil }
        let length = tasks.prefix { $0.dropLast() == first }.count
        return length * length <= 16 * tasks.count ? length : nil
    }

    /// What a task adds to the arguments.
    /// - Parameter directory: The folder that the run was submitted from.
    func arguments(of task: Int, in directory: String) -> [String] {
        zip(keys, tasks[task]).map { key, value in
            let isRelative = paths.contains(key) && !value.hasPrefix("/")
            return "--\(key)="
                + (isRelative ? URL(fileURLWithPath: "\(directory)/\(value)").standardizedFileURL.path : value)
        }
    }
}
