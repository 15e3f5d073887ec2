import Foundation
import Penstock
import PenstockMOF

extension Generate {
    /// Reads the force field and compares the names of the files, before anything is done.
    func check(_ verb: PipelineVerb) throws {
        _ = try model.forceField.read()
        if relaxation.relax { try relaxation.check() }
        if case .file(let path) = model.forceField { try output.check(against: path, named: "--force-field") }
    }

    /// The force field, where it is one's own.
    var filesRead: KeyValuePairs<String, String?> { ["force-field": model.forceField.path] }

    /// The table, the same as JSON lines, the ranking, the best structures and the page.
    var filesMade: KeyValuePairs<String, String?> {
        [
            "output": output.output, "output.lines": output.linesPath, "output.ranking": output.rankingPath,
            "output.best": output.bestFolder, "output.page": output.page ? output.pagePath : nil,
        ]
    }

    /// Writes the ranking, the best structures and the page, keeps what differs between a run and its replay beside them, and says what was found.
    func report(_ record: RunRecord) throws -> [String] {
        try record.writeProvenance(to: output.provenancePath)
        let report = try SearchReport(
            lines: String(contentsOfFile: output.linesPath, encoding: .utf8), target: target, space: space)
        try report.writeRanking(to: output.rankingPath, count: search.best)
        try report.writeStructures(to: output.bestFolder, count: search.best)
        if output.page {
            try report.writePage(
                to: output.pagePath, title: "Search for a high \(target)", conditions: conditions)
        }
        let statuses = ScreeningResult.Status.allCases.map { ($0, report.count($0)) }.filter { $0.1 > 0 }
        let parts = statuses.map { "\($0.1) \($0.0.rawValue)" }.joined(separator: ", ")
        let seconds = (Double(record.ended.nanoseconds - record.started.nanoseconds) / 1e8).rounded() / 10
        var lines = ["\(report.evaluationCount) of \(space.count) frameworks evaluated: \(parts)"]
        if let best = report.best { lines.append("best \(target): \(digits(best.value)) of \(best.name)") }
        lines += report.curves.compactMap { curve in
            curve.points.last.map {
                "\(curve.strategy): mean of the best \(curve.bestCount) is \(digits($0.mean)) after \($0.evaluations)"
            }
        }
        let pages = output.page ? ", \(output.pagePath)" : ""
        let tables = [output.output, output.linesPath, output.rankingPath].joined(separator: ", ")
        return lines + ["\(tables), \(output.bestFolder)/\(pages)", "\(seconds) s"]
    }

    private func digits(_ number: Double) -> String { String(format: "%.6g", number) }

    /// What a reader of the page has to know.
    private var conditions: [(name: String, value: String)] {
        [
            ("target", target.description), ("frameworks to choose from", "\(space.count)"),
            ("round", "\(search.round)"), ("at random first", "\(search.warmUp)"),
        ] + (target.needsEnergies ? model.conditionsOfResults : [("seed", "\(model.seed)")])
    }
}
