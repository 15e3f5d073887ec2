/// The candidates with the highest values of a stream, exactly: the same in any order of arrival, and in any grouping of windows.
public struct TopK: Sendable, Hashable {
    /// A candidate that is among them.
    public struct Entry: Sendable, Hashable, Comparable {
        /// What it is called.
        public let name: String
        /// What it is ranked by.
        public let value: Double

        /// A candidate.
        public init(name: String, value: Double) { (self.name, self.value) = (name, value) }

        /// The better one is less: by falling value, then by name.
        public static func < (left: Entry, right: Entry) -> Bool {
            left.value != right.value ? left.value > right.value : left.name < right.name
        }
    }

    /// How many there are at most.
    public let count: Int
    /// The best so far, the highest first; those of equal values by name. A name is there once, with its highest value.
    public private(set) var entries: [Entry] = []

    /// Keeps the best `count`, one at least.
    public init(count: Int) {
        precondition(count > 0, "one at least is kept")
        self.count = count
    }

    /// Takes a candidate in where it belongs; one whose value is not a number never does.
    public mutating func add(name: String, value: Double) {
        guard !value.isNaN else { return }
        let entry = Entry(name: name, value: value)
        if let known = entries.firstIndex(where: { $0.name == name }) {
            guard entry < entries[known] else { return }
            entries.remove(at: known)
        } else if entries.count == count {
            guard entry < entries[count - 1] else { return }
            entries.removeLast()
        }
        entries.insert(entry, at: entries.firstIndex { entry < $0 } ?? entries.count)
    }

    /// Takes in what another kept.
    public mutating func merge(_ other: TopK) {
        for entry in other.entries { add(name: entry.name, value: entry.value) }
    }

    /// The mean of the values; nil where there are none.
    public var mean: Double? {
        entries.isEmpty ? nil : entries.reduce(0) { $0 + $1.value } / Double(entries.count)
    }
}
