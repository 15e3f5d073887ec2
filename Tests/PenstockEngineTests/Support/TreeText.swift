import PenstockEvents

@testable import PenstockEngine

/// Writes down how states were folded and merged: events with commas between them, merged states with bars.
struct TreeText: Aggregator {
    func makeState() -> String { "" }

    func add(_ sample: Sample, at place: EventPlace, to state: inout String) {
        let name = "\(place.origin.partition):\(sample.number)"
        state += state.isEmpty || state.hasSuffix("|") ? name : ",\(name)"
    }

    func merge(_ later: String, into state: inout String) { state = state.isEmpty ? later : "\(state)|\(later)" }

    func result(of state: String, in window: WindowSpan) -> String { state }
}

/// A row with its pane.
struct TreeRow: Sendable, Hashable, Codable, CustomStringConvertible {
    var key: Int64
    var window: WindowSpan
    var text: String
    var pane: Pane

    init(_ key: Int64, _ start: Int64, _ end: Int64, _ text: String, _ pane: Pane = Pane()) {
        self.key = key
        window = WindowSpan(start, end)
        self.text = text
        self.pane = pane
    }

    var description: String {
        "\(key) [\(window.start.nanoseconds), \(window.end.nanoseconds)) {\(text)} \(pane.index) \(pane.timing)\(pane.isFinal ? "" : "…")"
    }
}

extension Aggregate {
    /// The way of folding in rows of the type `TreeRow`.
    static func treeText(isKeyed: Bool, _ emission: Emission = Emission()) -> Aggregate {
        Aggregate(
            AggregateKernel(TreeText(), name: "tree"), row: ValueType(TreeRow.self), isKeyed: isKeyed,
            emission: emission
        ) { rows, target in
            for k in 0..<rows.count {
                let window = rows.window(k)
                let row = TreeRow(
                    isKeyed ? rows.key(k, as: Int64.self) : 0, window.start.nanoseconds, window.end.nanoseconds,
                    rows.value(k, as: String.self), rows.pane(k))
                (target.assumingMemoryBound(to: TreeRow.self) + k).initialize(to: row)
            }
        }
    }

    /// The same aggregate of numbers with its accumulators in the slots of a store.
    var throughStates: Aggregate {
        Aggregate(kernel, row: row, isKeyed: isKeyed, emission: emission, makeRows: makeRows)
    }
}
