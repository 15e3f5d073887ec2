import Foundation
import Penstock
import PenstockMOF

extension MOFScreening {
    /// Reads the force field and compares the names of the files, before anything is done.
    func check(_ verb: PipelineVerb) throws {
        _ = try model.forceField.read()
        if relaxation.relax { try relaxation.check() }
        if case .file(let path) = model.forceField { try output.check(against: path, named: "--force-field") }
        if let input = input.input { try output.check(against: input, named: "--input") }
    }

    /// The structures, and the force field where it is one's own.
    var filesRead: KeyValuePairs<String, String?> { ["input": input.input, "force-field": model.forceField.path] }

    /// The table, the same as JSON lines, and the page.
    var filesMade: KeyValuePairs<String, String?> {
        ["output": output.output, "output.lines": output.linesPath, "output.page": output.page ? output.pagePath : nil]
    }

    /// Writes the page, keeps what differs between a run and its replay beside the results, and says what was done.
    func report(_ record: RunRecord) throws -> [String] {
        try record.writeProvenance(to: output.provenancePath)
        let lines = try String(contentsOfFile: output.linesPath, encoding: .utf8)
        if output.page {
            let page = try ScreeningPage(
                title: "Screening for \(model.gas.molecule.name)", conditions: model.conditionsOfResults, lines: lines)
            try page.write(to: output.pagePath)
        }
        let counts = ScreeningResult.Status.allCases.map { status in
            (status, lines.split(separator: "\n").count { $0.contains("\"status\":\"\(status.rawValue)\"") })
        }
        let parts = counts.filter { $0.1 > 0 }.map { "\($0.1) \($0.0.rawValue)" }.joined(separator: ", ")
        let total = counts.reduce(0) { $0 + $1.1 }
        let source =
            record.verb == .run ? "recorded in \(record.log ?? "")" : "replayed from \(record.log ?? "")"
        let seconds = (Double(record.ended.nanoseconds - record.started.nanoseconds) / 1e8).rounded() / 10
        return [
            "\(total) \(total == 1 ? "structure" : "structures") \(source): \(parts)",
            "\(output.output), \(output.linesPath)\(output.page ? ", \(output.pagePath)" : "")", "\(seconds) s",
        ]
    }
}

extension OutputOptions {
    /// Refuses to put results where something is read.
    /// - Throws: `ScreeningError.outputsCollide`.
    func check(against path: String, named option: String) throws {
        let read = URL(fileURLWithPath: path).resolvingSymlinksInPath().standardizedFileURL
        for written in [output, linesPath, pagePath, provenancePath]
        where URL(fileURLWithPath: written).resolvingSymlinksInPath().standardizedFileURL == read {
            throw ScreeningError.outputsCollide(written, reason: "it is also what \(option) names")
        }
    }
}
