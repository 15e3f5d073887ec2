public import PenstockEvents

/// A generated framework on its way through the tiers, with the proposal that it comes from.
public struct Trial: Event, Screenable {
    /// The framework, and what was found of it so far.
    public var candidate: Candidate
    /// Where it comes from.
    public let proposal: SearchProposal

    /// Makes the framework of a proposal: as a CIF, so that all that follows is what a file from elsewhere would give.
    public init(_ proposal: SearchProposal, in space: CandidateSpace) {
        let crystal = space.crystal(of: space[proposal.number])
        candidate = Candidate(StructureFile(name: crystal.name, format: .cif, bytes: Array(crystal.cif.text.utf8)))
        self.proposal = proposal
    }

    /// What the records of a topic of trials hold: the proposal, then the candidate.
    public static let schema = Schema(
        "mof.Trial",
        fields: [
            .init("strategy", .u64), .init("evaluation", .i64), .init("round", .i64), .init("number", .i64),
            .init("model_version", .i64), .init("predicted", .f64), .init("predicted_sd", .f64), .init("parent", .i64),
        ] + Candidate.schema.fields, payload: Candidate.schema.payload)

    /// Appends the attributes in the schema's order; NaN and -1 stand for what there is not.
    public func write(to record: inout RecordWriter) {
        record.append(proposal.strategy.rawValue)
        for number in [proposal.evaluation, proposal.round, proposal.number, proposal.modelVersion] {
            record.append(Int64(number))
        }
        record.append(proposal.prediction?.mean ?? .nan)
        record.append(proposal.prediction?.standardDeviation ?? .nan)
        record.append(Int64(proposal.parent ?? -1))
        candidate.write(to: &record)
    }

    /// Reads a trial back.
    public init(reading record: inout RecordReader) throws(RecordError) {
        guard let strategy = SearchStrategy(rawValue: try record.readInteger()) else {
            throw .invalidField("strategy")
        }
        let (evaluation, round): (Int64, Int64) = (try record.readInteger(), try record.readInteger())
        let (number, version): (Int64, Int64) = (try record.readInteger(), try record.readInteger())
        let (mean, deviation) = (try record.readDouble(), try record.readDouble())
        let parent: Int64 = try record.readInteger()
        proposal = SearchProposal(
            strategy: strategy, evaluation: Int(evaluation), round: Int(round), number: Int(number),
            modelVersion: Int(version),
            prediction: mean.isNaN ? nil : Prediction(mean: mean, standardDeviation: deviation),
            parent: parent < 0 ? nil : Int(parent))
        candidate = try Candidate(reading: &record)
    }
}
