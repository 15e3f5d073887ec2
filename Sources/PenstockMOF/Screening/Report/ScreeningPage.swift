internal import Foundation
internal import PenstockFormats

/// A page about a screening, to look at in a browser and to print: one HTML file with pictures inside, without scripts and without anything from
/// elsewhere.
///
/// The same results and conditions give the same bytes.
public struct ScreeningPage: Sendable {
    /// How many structures the table of the best has.
    public static let bestCount = 25
    /// How many structures are listed at most where something is to be looked at.
    public static let listedMax = 500

    private let title: String
    private let conditions: [(name: String, value: String)]
    private let rows: [ResultRow]
    /// What structures are ranked by.
    private let score: Quantity
    /// What comes before the parts that every page has.
    private let sections: String

    /// A page about these results.
    /// - Parameters:
    ///   - lines: The rows of a screening as `ScreeningTable.json` writes them, one on each line.
    ///   - conditions: What a reader has to know of how the results were made.
    /// - Throws: An error where a line is no such row.
    public init(title: String, conditions: [(name: String, value: String)], lines: String) throws {
        let rows = try lines.split(separator: "\n").map { try ResultRow(String($0)) }
        self.init(title: title, conditions: conditions, rows: rows, score: Self.score(of: rows), sections: "")
    }

    init(
        title: String, conditions: [(name: String, value: String)], rows: [ResultRow], score: Quantity,
        sections: String
    ) {
        (self.title, self.conditions, self.rows) = (title, conditions, rows)
        (self.score, self.sections) = (score, sections)
    }

    /// Writes the page; an older one of this name is replaced.
    /// - Throws: `FormatError`.
    public func write(to path: String) throws {
        let pending = try PendingFile(path, overwrites: true)
        try Data(html.utf8).write(to: URL(fileURLWithPath: pending.temporaryPath))
        try pending.commit()
    }

    /// The page.
    public var html: String {
        """
        <!DOCTYPE html>
        <html lang="en">
        <head>
        <meta charset="utf-8">
        <meta name="viewport" content="width=device-width, initial-scale=1">
        <title>\(HTML.escaped(title))</title>
        <style>
        \(PageStyle.css)
        </style>
        </head>
        <body>
        <header>
        <h1>\(HTML.escaped(title))</h1>
        <p class="lead">\(summary)</p>
        <dl>\(conditions.map { "<div><dt>\(HTML.escaped($0.name))</dt><dd>\(HTML.escaped($0.value))</dd></div>" }.joined())</dl>
        </header>
        <main>
        \(sections)\(best)
        \(trade)
        \(histograms)
        \(list("Rejected", ["rejected"], "by the validity screen, by a threshold or as duplicates"))
        \(list("Failed", ["failed"], "they could not be read or computed"))
        \(list("Flagged", ["flagged"], "screened to the end; look at the reason before using the results"))
        </main>
        </body>
        </html>

        """
    }

    // MARK: Parts

    private var summary: String {
        let counts = ["ok", "flagged", "rejected", "failed"].map { status in
            (status, rows.count { $0.text("status") == status })
        }
        let parts = counts.filter { $0.1 > 0 }.map { "<span class=\"\($0.0)\">\($0.1) \($0.0)</span>" }
        let noun = rows.count == 1 ? "structure" : "structures"
        return "\(rows.count) \(noun)\(parts.isEmpty ? "" : ": " + parts.joined(separator: ", "))."
    }

    /// What structures are ranked by: the first loading that there is, else the Henry coefficient.
    private static func score(of rows: [ResultRow]) -> Quantity {
        let uptake = rows.first?.columns.first { column in
            column.hasPrefix("uptake_") && rows.contains { $0.number(column) != nil }
        }
        guard let uptake else { return .henry }
        let pressure = uptake.dropFirst("uptake_".count).dropLast("_mol_kg".count)
        let written = Pressure(String(pressure))?.written ?? String(pressure)
        return Quantity(column: uptake, name: "Loading at \(written)", unit: "mol/kg", isLogarithmic: false)
    }

    /// The structures with a score.
    private var scored: [ResultRow] {
        rows.filter { ["ok", "flagged"].contains($0.text("status")) && $0.number(score.column) != nil }
    }

    /// Those with a score that has converged, the best first; of equal ones the earlier.
    private var ranking: [ResultRow] {
        let column = score.column
        let scored = scored.filter { $0.truth("converged") != false }.enumerated()
        return scored.sorted { one, other in
            let (left, right) = (one.element.number(column)!, other.element.number(column)!)
            return left == right ? one.offset < other.offset : left > right
        }.map(\.element)
    }

    private var best: String {
        let ranked = ranking.prefix(Self.bestCount)
        guard !ranked.isEmpty else { return "<section><h2>Best structures</h2><p>None has come so far.</p></section>" }
        let doubtful = scored.count { $0.truth("converged") == false }
        let note =
            doubtful == 0
            ? ""
            : " \(doubtful) with numbers that have not converged \(doubtful == 1 ? "is" : "are") not ranked: see the flagged ones."
        let usual: [Quantity] = [
            .henry, .heat, .poreLimitingDiameter, .largestCavityDiameter, .surface, .heliumVoidFraction, .density,
        ]
        let columns = (usual.contains { $0.column == score.column } ? [] : [score]) + usual
        let head = columns.map {
            "<th scope=\"col\">\(HTML.escaped($0.name))<small>\(HTML.escaped($0.unit))</small></th>"
        }
        let body = ranked.enumerated().map { place, row in
            let cells = columns.map { "<td>\(row.number($0.column).map(HTML.number) ?? "")</td>" }.joined()
            let status = HTML.escaped(row.text("status"))
            return "<tr><td>\(place + 1)</td><th scope=\"row\">\(HTML.escaped(row.text("name")))</th>\(cells)"
                + "<td><span class=\"\(status)\">\(status)</span></td></tr>"
        }
        return """
            <section>
            <h2>Best structures</h2>
            <p>By \(HTML.escaped(score.sentenceName)).\(note)</p>
            <div class="wide"><table>
            <thead><tr><th scope="col">#</th><th scope="col" class="text">Structure</th>
            \(head.joined(separator: "\n"))
            <th scope="col" class="text">Status</th></tr></thead>
            <tbody>
            \(body.joined(separator: "\n"))
            </tbody>
            </table></div>
            </section>
            """
    }

    private var trade: String {
        let points = scored.compactMap { row -> ParetoPlot.Point? in
            guard let x = row.number(Quantity.heat.column), let y = row.number(score.column) else { return nil }
            guard !score.isLogarithmic || y > 0 else { return nil }
            return ParetoPlot.Point(
                name: row.text("name"), x: x, y: y, isDoubtful: row.truth("converged") == false)
        }
        let plot = ParetoPlot(points: points, x: .heat, y: score)
        guard points.count > 1, score.column != Quantity.heat.column else { return "" }
        return """
            <section>
            <h2>What is gained, and what it costs to get it back</h2>
            <p>\(HTML.escaped(score.name)) against the heat of adsorption, which regeneration has to bring up. The structures on the line are the Pareto front:
            none other has more at a lower heat. Hollow marks have not converged, and are not on it\(plot.outsideCount == 0 ? "" : "; \(plot.outsideCount) of them would be outside of the picture").</p>
            \(plot.svg)
            </section>
            """
    }

    private var histograms: String {
        let quantities: [Quantity] = [
            .poreLimitingDiameter, .largestCavityDiameter, .surface, .heliumVoidFraction, .henry, .heat,
        ]
        let figures = quantities.compactMap { quantity -> String? in
            // What has not converged says nothing about energies.
            let isEnergy = [Quantity.henry.column, Quantity.heat.column].contains(quantity.column)
            let trusted = isEnergy ? rows.filter { $0.truth("converged") != false } : rows
            let values = trusted.compactMap { $0.number(quantity.column) }
            return Histogram(quantity, values)?.svg
        }
        guard !figures.isEmpty else { return "" }
        return """
            <section>
            <h2>Distributions</h2>
            <div class="grid">
            \(figures.joined(separator: "\n"))
            </div>
            </section>
            """
    }

    private func list(_ heading: String, _ statuses: [String], _ what: String) -> String {
        let found = rows.filter { statuses.contains($0.text("status")) }
        guard !found.isEmpty else { return "" }
        let body = found.prefix(Self.listedMax).map {
            "<tr><th scope=\"row\">\(HTML.escaped($0.text("name")))</th><td class=\"text\">\(HTML.escaped($0.text("reason")))</td></tr>"
        }
        let rest = found.count - body.count
        return """
            <section>
            <h2>\(heading)</h2>
            <p>\(found.count) \(found.count == 1 ? "structure" : "structures"): \(what).\(rest > 0 ? " The first \(body.count) are listed." : "")</p>
            <div class="wide"><table class="reasons">
            <thead><tr><th scope="col" class="text">Structure</th><th scope="col" class="text">Reason</th></tr></thead>
            <tbody>
            \(body.joined(separator: "\n"))
            </tbody>
            </table></div>
            </section>
            """
    }
}
