/// Windows over the events of a scan, by where an event stands on an axis of its own: an angle of travel, a step, its number.
///
/// Positions start again with each scan. A window holds the positions [end - size, end); ends are the multiples of `every`, so that the first
/// windows are the beginnings of a full one and are marked as not complete. When the scan ends, the window that is open then is the last.
public struct PositionWindows: Sendable, Hashable {
    /// The rule.
    public enum Rule: Sendable, Hashable {
        /// One window that holds the whole scan.
        case whole
        /// Windows of `size` that end every `every`, in units of the position.
        case sliding(size: Int64, every: Int64)
        /// Windows of the last `count` events, one after each `every` events.
        case latest(count: Int, every: Int)
    }

    /// The rule.
    public let rule: Rule

    /// Windows by a rule.
    public init(_ rule: Rule) { self.rule = rule }

    /// What is wrong with the numbers, or nil.
    var defect: String? {
        switch rule {
        case .whole: nil
        case .sliding(let size, let every): size > 0 && every > 0 ? nil : "a window's length and step must be positive"
        case .latest(let count, let every):
            count > 0 && every > 0 ? nil : "a window's number of events and its step must be positive"
        }
    }
}
