internal import Foundation
internal import PenstockFormats

/// What became of the tasks of a sweep as a table: a line for each task.
struct SweepTable {
    private let keys: [String]
    private let results: [TaskResult]

    init(_ sweep: Sweep, _ results: [TaskResult]) { (keys, self.results) = (sweep.keys, results) }

    private static let own = ["state", "reason", "seconds", "processor_seconds", "peak_memory_bytes"]

    /// Writes it, in place of an older one.
    func write(to path: String) throws(FormatError) {
        let counts = Set(results.flatMap(\.counts.keys)).sorted()
        let facts = Set(results.flatMap(\.facts.keys)).sorted()
        let pending = try PendingFile(path, overwrites: true)
        do throws(FormatError) {
            var table = try CSVWriter(creating: pending.temporaryPath, columns: Self.columns(keys, counts, facts))
            for result in results {
                table.append(result.index)
                for value in result.values { table.append(value) }
                table.append("\(result.state)")
                table.append(result.reason ?? "")
                table.append(Self.text(result.seconds))
                table.append(Self.text(result.processorSeconds))
                table.append(result.peakBytes.map { "\($0)" } ?? "")
                for name in counts { table.append(result.counts[name].map { "\($0)" } ?? "") }
                for name in facts { table.append(result.facts[name] ?? "") }
                try table.endRecord()
            }
            try table.close()
        } catch {
            throw error.naming(path, insteadOf: pending.temporaryPath)
        }
        try pending.commit()
    }

    /// The columns: names that are there already say what they are.
    private static func columns(_ keys: [String], _ counts: [String], _ facts: [String]) -> [String] {
        var columns = ["task"]
        func add(_ names: [String], as kind: String) {
            columns += names.map { columns.contains($0) ? "\(kind)_\($0)" : $0 }
        }
        add(keys, as: "option")
        add(own, as: "run")
        add(counts, as: "count")
        add(facts, as: "fact")
        return columns
    }

    private static func text(_ seconds: Double?) -> String { seconds.map { String(format: "%.3f", $0) } ?? "" }
}
