/// What of a file an import has passed over, since it is in the topic already.
struct ImportProgress {
    private let skip: FilePart
    private var rest: FilePart
    private var passed: [Int: Int] = [:]

    init(skipping skip: FilePart) {
        self.skip = skip
        rest = skip
    }

    /// Whether everything was met that is to be passed over.
    var isBehindSkipped: Bool { rest.isEmpty }

    /// Takes note of the next record of a partition; true where it is to be passed over.
    mutating func passesOver(_ partition: Int) -> Bool {
        guard rest.take(of: partition) else { return false }
        passed[partition, default: 0] += 1
        return true
    }

    /// What of the file is in the topic, when `imported` of each partition were appended.
    /// - Parameter isWhole: whether the partitions got everything up to the same place of the file.
    func standing(with imported: [Int: Int], isWhole: Bool) -> (records: Int, part: FilePart) {
        let known: [Int: Int]
        switch (skip, rest) {
        case (.whole(let count), .whole(1...)): return (count, skip)
        case (.whole, _): known = passed
        // What a partition has may stand behind the place where the import ended.
        case (.partitions(let counts), _): known = counts
        }
        let counts = known.merging(imported, uniquingKeysWith: +)
        let records = counts.values.reduce(0, +)
        return (records, isWhole && rest.isEmpty ? .whole(records) : .partitions(counts))
    }
}
