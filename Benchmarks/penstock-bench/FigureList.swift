/// The figures of one measurement, in order, for people or for scripts.
struct FigureList {
    private var figures: [(name: String, value: Double)] = []

    /// Adds a figure; the name is in snake case and ends in the unit where there is one.
    mutating func add(_ name: String, _ value: Double) { figures.append((name, value)) }

    /// Prints one line for each figure, or all as one JSON object.
    func print(json: Bool) {
        if json {
            let members = figures.map { "\"\($0.name)\": \(written($0.value))" }
            Swift.print("{\(members.joined(separator: ", "))}")
        } else {
            let width = figures.map(\.name.count).max() ?? 0
            for (name, value) in figures {
                Swift.print(name + String(repeating: " ", count: width + 2 - name.count) + written(value))
            }
        }
    }

    /// Whole numbers without a point, others with five decimals; JSON has no NaN, so that is null.
    private func written(_ value: Double) -> String {
        guard value.isFinite else { return "null" }
        if value == value.rounded(), abs(value) < 1e15 { return String(Int(value)) }
        return String((value * 1e5).rounded() / 1e5)
    }
}
