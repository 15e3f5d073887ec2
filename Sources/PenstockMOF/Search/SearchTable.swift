public import Penstock

/// The columns of a search's tables: those of the screening, and behind them where each candidate comes from.
public struct SearchTable: Sendable {
    /// The column of the number that is looked for.
    static let valueColumn = "target"

    private let screening: ScreeningTable
    private let target: SearchTarget
    private let space: CandidateSpace

    /// The table of a search.
    public init(_ screening: ScreeningTable, target: SearchTarget, space: CandidateSpace) {
        (self.screening, self.target, self.space) = (screening, target, space)
    }

    /// The names of the columns.
    public var names: [String] { screening.names + Self.ownNames }

    private static let ownNames = [
        valueColumn, "learned", "predicted", "predicted_sd", "strategy", "evaluation", "round", "model_version",
        "origin", "parent", "linkers", "digest",
    ]

    /// The row for a CSV file.
    public func csv(_ trial: Trial) -> [CSVField] { screening.csv(trial.candidate.result) + own(trial).map(\.csv) }

    /// The row as a JSON object on one line, without its line end.
    public func json(_ trial: Trial) -> String {
        let own = zip(Self.ownNames, own(trial)).map { "\"\($0)\":\($1.json)" }
        return "\(screening.json(trial.candidate.result).dropLast()),\(own.joined(separator: ","))}"
    }

    private func own(_ trial: Trial) -> [ScreeningTable.Field] {
        func number(_ value: Double?) -> ScreeningTable.Field {
            value.map { .number(significant($0, digits: 7)) } ?? .empty
        }
        let (proposal, result) = (trial.proposal, trial.candidate.result)
        let linkers = space[proposal.number].linkers
        let names = [linkers.x, linkers.y, linkers.z].map { space.linkers[$0].description }
        return [
            number(target.value(result)), number(target.learned(result)), number(proposal.prediction?.mean),
            number(proposal.prediction?.standardDeviation), .text("\(proposal.strategy)"),
            .integer(proposal.evaluation), .integer(proposal.round), .integer(proposal.modelVersion),
            .text(proposal.origin.rawValue), proposal.parent.map { .text(space[$0].name) } ?? .empty,
            .text(names.joined(separator: " ")), .text("\(trial.candidate.digest)"),
        ]
    }
}
