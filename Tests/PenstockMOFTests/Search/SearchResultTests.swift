import Foundation
import PenstockEvents
import TestSupport
import Testing

@testable import PenstockMOF

@Suite struct SearchResultTests {
    private static let space = CandidateSpace(linkers: [Linker(.acetylene), Linker(.benzene)])

    private static func proposal(_ evaluation: Int, _ prediction: Prediction? = nil, _ parent: Int? = nil)
        -> SearchProposal
    {
        SearchProposal(
            strategy: .learned, evaluation: evaluation, round: 2, number: evaluation % 4, modelVersion: 6,
            prediction: prediction, parent: parent)
    }

    @Test("a trial comes back from its record with its proposal, its structure and what was found")
    func record() throws {
        for proposal in [
            Self.proposal(1), Self.proposal(7, Prediction(mean: -4.5, standardDeviation: 0.25), 2),
        ] {
            var trial = Trial(proposal, in: Self.space)
            trial.candidate = trial.candidate.screened(by: ValidityTier())
            #expect(trial.candidate.result.status == .ok)
            #expect(trial.candidate.result.name == Self.space[proposal.number].name)
            var writer = RecordWriter()
            writer.append(trial)
            let payload = writer.payloads[0]
            try writer.attributes.withUnsafeBytes { bytes in
                var reader = RecordReader(attributes: bytes, payload: payload)
                let back = try Trial(reading: &reader)
                #expect(back.proposal == proposal && back.candidate.digest == trial.candidate.digest)
                #expect(back.candidate.result == trial.candidate.result)
                #expect(reader.remaining == 0)
            }
        }
    }

    @Test("a target is what its name says, and a Henry coefficient is learned by its decimal logarithm")
    func targets() throws {
        let (low, high) = (try #require(Pressure("0.15bar")), try #require(Pressure("1bar")))
        var result = ScreeningResult(name: "x")
        result.henryCoefficient = 1e-5
        result.surface = 1234
        result.uptakes = [(low, 0.5), (high, 2)].map {
            ScreeningResult.Uptake(pressure: $0.0, loading: $0.1, standardError: nil)
        }
        #expect(SearchTarget.henryCoefficient.value(result) == 1e-5)
        #expect(abs(try #require(SearchTarget.henryCoefficient.learned(result)) + 5) < 1e-12)
        #expect(SearchTarget.surface.learned(result) == 1234 && SearchTarget.heatOfAdsorption.value(result) == nil)
        #expect(SearchTarget.uptake(high).value(result) == 2)
        #expect(SearchTarget.workingCapacity(high, low).value(result) == 1.5)
        result.henryCoefficient = 0
        #expect(
            SearchTarget.henryCoefficient.value(result) == 0 && SearchTarget.henryCoefficient.learned(result) == nil)
        result.end(.rejected, "belowMinPLD", "too narrow")
        #expect(SearchTarget.surface.value(result) == nil, "what was rejected teaches nothing")
    }

    @Test("a curve is the mean of the best so far, from the first evaluation on by which there are as many")
    func curve() {
        let curve = SearchCurve(.learned, [1, nil, 3, 2, 0, 5], bestCount: 2)
        #expect(curve.points.map(\.evaluations) == [3, 4, 5, 6] && curve.points.map(\.mean) == [2, 2.5, 2.5, 4])
        #expect(curve.mean(after: 2) == nil && curve.mean(after: 5) == 2.5 && curve.mean(after: 100) == 4)
    }

    @Test("the ranking is by falling target with the Pareto front marked, and the structures are those of the ranks")
    func report() throws {
        // Target and heat: the second has less of both than the first, the third the lowest heat, the fourth has failed.
        let values: [(Double?, Double?)] = [(5, 30), (4, 35), (3, 10), (nil, nil)]
        let table = SearchTable(ScreeningTable(), target: .surface, space: Self.space)
        let lines = values.enumerated().map { place, value in
            var trial = Trial(Self.proposal(place + 1), in: Self.space)
            trial.candidate.decide { result in
                result.surface = value.0
                result.heatOfAdsorption = value.1
                if value.0 == nil { result.end(.failed, "error", "no, \"thanks\"") }
            }
            return table.json(trial)
        }.joined(separator: "\n")
        let report = try SearchReport(lines: lines, target: .surface, space: Self.space)
        let names = (1...3).map { Self.space[$0].name }
        #expect(report.evaluationCount == 4 && report.count(.failed) == 1 && report.count(.ok) == 3)
        #expect(report.best?.name == names[0] && report.best?.value == 5)
        #expect(report.paretoFront == [names[0], names[2]])
        let folder = try TestFolder()
        // The first by rank, and what is on the front.
        try report.writeRanking(to: folder("best.csv"), count: 1)
        let rows = try folder.text("best.csv").split(separator: "\n")
        #expect(rows.count == 3 && rows[1].hasPrefix("1,true,\(names[0]),") && rows[2].hasPrefix("3,true,\(names[2]),"))
        for count in [3, 1] {
            try report.writeStructures(to: folder("best"), count: count)
            #expect(folder.names(in: "best") == (0..<count).map { "0\($0 + 1)-\(names[$0]).cif" })
        }
        let made = try Crystal(cif: Array(try folder.text("best/01-\(names[0]).cif").utf8), name: names[0])
        #expect(made.formula == Self.space.crystal(of: Self.space[1]).formula)
        try report.writePage(to: folder("page.html"), title: "Search", conditions: [("target", "surface")])
        let page = try folder.text("page.html")
        #expect(page.contains("How the search went") && page.contains(names[0]) && !page.contains("nan"))
    }
}
