internal import Foundation
internal import PenstockFormats

/// What a search found: its ranking, its best structures, its curves and its page, all from the rows that it wrote.
///
/// The same rows give the same bytes.
public struct SearchReport: Sendable {
    /// Of how many of the best the curves show the mean, where there are as many evaluations.
    public static let curveBestCount = 20

    /// The curve of each strategy that was run.
    public let curves: [SearchCurve]
    /// The frameworks of the search by falling target, the best first: those that came to it.
    let ranking: [ResultRow]
    private let rows: [ResultRow]
    private let target: SearchTarget
    private let space: CandidateSpace

    /// A report on rows as `SearchTable.json` writes them, one on each line.
    /// - Throws: An error where a line is no such row.
    public init(lines: String, target: SearchTarget, space: CandidateSpace) throws {
        let all = try lines.split(separator: "\n").map { try ResultRow(String($0)) }
        func rows(_ strategy: SearchStrategy) -> [ResultRow] {
            all.filter { $0.text("strategy") == strategy.description }.sorted {
                $0.number("evaluation") ?? 0 < $1.number("evaluation") ?? 0
            }
        }
        let learned = rows(.learned)
        // Of a short search the best few, so that there is something to be seen.
        let bestCount = max(1, min(Self.curveBestCount, learned.count / 4))
        curves = SearchStrategy.allCases.map { strategy in
            SearchCurve(strategy, rows(strategy).map { $0.number(SearchTable.valueColumn) }, bestCount: bestCount)
        }.filter { !$0.points.isEmpty }
        ranking = learned.filter { $0.number(SearchTable.valueColumn) != nil }.sorted {
            let (one, other) = ($0.number(SearchTable.valueColumn)!, $1.number(SearchTable.valueColumn)!)
            return one != other ? one > other : $0.text("name") < $1.text("name")
        }
        self.rows = learned
        (self.target, self.space) = (target, space)
    }

    /// How many frameworks the search evaluated.
    public var evaluationCount: Int { rows.count }

    /// How many rows there are of a status.
    public func count(_ status: ScreeningResult.Status) -> Int {
        rows.count { $0.text("status") == status.rawValue }
    }

    /// The name and the target of the best framework; nil where there is none.
    public var best: (name: String, value: Double)? {
        ranking.first.map { ($0.text("name"), $0.number(SearchTable.valueColumn) ?? 0) }
    }

    /// The names of those that no other beats at the same or a lower heat of adsorption.
    public var paretoFront: Set<String> {
        var front = ParetoFront(objectiveCount: 2)
        for row in ranking where row.truth("converged") != false {
            guard let value = row.number(SearchTable.valueColumn), let heat = row.number(Quantity.heat.column) else {
                continue
            }
            front.add(name: row.text("name"), values: [value, -heat])
        }
        return Set(front.members.map(\.name))
    }

    // MARK: Files

    /// Writes the ranking as a CSV file: the best `count`, and what is on the Pareto front, with all columns of the rows.
    /// - Throws: `FormatError`.
    public func writeRanking(to path: String, count: Int) throws {
        let front = paretoFront
        let columns = rows.first?.columns ?? []
        let pending = try PendingFile(path, overwrites: true)
        var table = try CSVWriter(creating: pending.temporaryPath, columns: ["rank", "pareto"] + columns)
        for (place, row) in ranking.enumerated() {
            let isFront = front.contains(row.text("name"))
            guard place < count || isFront else { continue }
            table.append(place + 1)
            table.append("\(isFront)")
            for column in columns { table.append(row.written(column)) }
            try table.endRecord()
        }
        try table.close()
        try pending.commit()
    }

    /// Writes the best as CIF files, named by rank and name, into a folder, which is made where it is absent. Those of an earlier search go.
    /// - Throws: `FormatError`.
    public func writeStructures(to folder: String, count: Int) throws {
        let files = FileManager.default
        do {
            try files.createDirectory(atPath: folder, withIntermediateDirectories: true)
            for name in try files.contentsOfDirectory(atPath: folder) where Self.isRanked(name) {
                try files.removeItem(atPath: "\(folder)/\(name)")
            }
        } catch {
            throw FormatError(.cannotCreate, file: folder, "it cannot be filled: \(error.localizedDescription)")
        }
        let digits = max(2, "\(count)".count)
        for (place, row) in ranking.prefix(count).enumerated() {
            guard let crystal = crystal(of: row) else { continue }
            let rank = "\(place + 1)"
            let name = String(repeating: "0", count: max(0, digits - rank.count)) + rank + "-\(crystal.name).cif"
            try Self.write(Data(crystal.cif.text.utf8), to: "\(folder)/\(name)")
        }
    }

    /// Writes the page; an older one of this name is replaced.
    /// - Throws: `FormatError`.
    public func writePage(to path: String, title: String, conditions: [(name: String, value: String)]) throws {
        try ScreeningPage(
            title: title, conditions: conditions, rows: rows, score: target.quantity, sections: curveSection
        ).write(to: path)
    }

    /// The framework of a row, as it was made.
    private func crystal(of row: ResultRow) -> Crystal? {
        let places = row.text("linkers").split(separator: " ").compactMap { name in
            space.linkers.firstIndex { $0.description == name }
        }
        guard places.count == 3 else { return nil }
        return space.crystal(of: space.candidate(of: SIMD3(places[0], places[1], places[2])))
    }

    /// A name such as `01-pcu-0123456789abcdef.cif`.
    private static func isRanked(_ name: String) -> Bool {
        let parts = name.split(separator: "-", maxSplits: 1)
        return parts.count == 2 && parts[0].allSatisfy(\.isNumber) && parts[1].hasPrefix("pcu-")
            && name.hasSuffix(".cif")
    }

    private static func write(_ data: Data, to path: String) throws {
        let pending = try PendingFile(path, overwrites: true)
        do { try data.write(to: URL(fileURLWithPath: pending.temporaryPath)) } catch {
            throw FormatError(.writeFailed, file: path, "it cannot be written: \(error.localizedDescription)")
        }
        try pending.commit()
    }

    private var curveSection: String {
        guard !curves.isEmpty else { return "" }
        let series = curves.map { curve in
            LinePlot.Series(
                name: curve.strategy.description,
                points: curve.points.map { (Double($0.evaluations), $0.mean) })
        }
        let compared = curves.count > 1 ? " The broken line is that of as many in random order." : ""
        return """
            <section>
            <h2>How the search went</h2>
            <p>The mean of the best \(curves[0].bestCount) by \(HTML.escaped(target.quantity.sentenceName)), against the number of frameworks evaluated.\(compared)</p>
            \(LinePlot(series: series, x: "frameworks evaluated", y: target.quantity).svg)
            </section>
            """
    }
}
