/// Windows over the events of a scan, by where an event stands on an axis of its own: an angle of travel, a step, its number.
///
/// Positions start again with each scan. A window holds the positions [end - size, end); ends are the multiples of `every`, so that the first
/// windows are the beginnings of a full one and are marked as not complete. The last window of a scan ends with its newest event: it holds
/// what lies less than `size` behind that.
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

    /// A unit in which people read positions.
    public struct Unit: Sendable, Hashable {
        let name: String
        let positions: Double

        /// A unit with this name, which is so many positions long.
        public init(_ name: String, positions: Double) {
            self.name = name
            self.positions = positions
        }
    }

    /// The rule.
    public let rule: Rule
    /// The unit of the positions, for `explain`.
    public let unit: Unit?

    /// Windows by a rule.
    public init(_ rule: Rule, unit: Unit? = nil) {
        self.rule = rule
        self.unit = unit
    }

    /// The rule in words, for `explain`.
    var summary: String {
        func text(_ positions: Int64) -> String {
            guard let unit else { return "\(positions)" }
            return "\(Double(positions) / unit.positions) \(unit.name)"
        }
        return switch rule {
        case .whole: "of a whole scan"
        case .sliding(let size, let every): "of \(text(size)) every \(text(every))"
        case .latest(let count, let every): "of the latest \(count) events every \(every)"
        }
    }

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
