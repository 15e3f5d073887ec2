internal import Glibc

/// The figures of one measurement, in order, for people or for scripts.
package struct FigureList {
    private enum Value {
        case number(Double)
        case word(String)
    }

    private var figures: [(name: String, value: Value)] = []

    package init() {}

    /// Adds a figure; the name is in snake case and ends in the unit where there is one.
    package mutating func add(_ name: String, _ value: Double) { figures.append((name, .number(value))) }

    /// Adds what is not a number; a word without quotation marks.
    package mutating func add(_ name: String, _ word: String) { figures.append((name, .word(word))) }

    /// Adds the mean number of busy threads of the machine in the last minute.
    package mutating func addLoad() {
        var load = [0.0, 0, 0]
        getloadavg(&load, 3)
        add("load_1_minute", load[0])
    }

    /// Prints one line for each figure, or all as one JSON object.
    package func print(json: Bool) {
        if json {
            let members = figures.map { "\"\($0.name)\": \(written($0.value, quote: "\""))" }
            Swift.print("{\(members.joined(separator: ", "))}")
        } else {
            let width = figures.map(\.name.count).max() ?? 0
            for (name, value) in figures {
                Swift.print(name + String(repeating: " ", count: width + 2 - name.count) + written(value, quote: ""))
            }
        }
    }

    /// Whole numbers without a point, others with five decimals; JSON has no NaN, so that is null.
    private func written(_ value: Value, quote: String) -> String {
        switch value {
        case .word(let word): return quote + word + quote
        case .number(let value):
            guard value.isFinite else { return "null" }
            if value == value.rounded(), abs(value) < 1e15 { return String(Int(value)) }
            return String((value * 1e5).rounded() / 1e5)
        }
    }
}
