public import Penstock

extension FrameworkRelaxation {
    /// A relaxation as a stage of a screening: one candidate out for each that comes in, in their order.
    ///
    /// A candidate that is strained by at most `strainMax` is stable, and goes on; one with more is rejected as `unstable`, one that cannot be
    /// relaxed fails, with the code of its `RelaxationError`. With a topic, what came of a candidate is remembered there.
    public func stage(
        strainMax: Double = LatticeStrain.stableMax, rememberedIn topic: String? = nil
    ) -> MapAsync<Candidate, Candidate> {
        let identity = identity(strainMax: strainMax)
        let answers = ScreeningWorkers.answers(in: topic) { (candidate: Candidate) in
            candidate.result.isFinished ? nil : candidate.digest.adding(identity)
        }
        return MapAsync(capacity: capacity, timeout: nil, answers: answers) { (candidate: Candidate) in
            try await candidate.relaxed(by: self, strainMax: strainMax)
        }
    }

    /// The same for what has a candidate and more.
    /// - Parameter order: With `.unordered` a slow structure does not keep those behind it waiting, and the order is no longer that of the stream.
    public func stage<Item: Screenable>(
        strainMax: Double = LatticeStrain.stableMax, of type: Item.Type, order: AsyncRequests.Order = .ordered
    ) -> MapAsync<Item, Item> {
        MapAsync(capacity: capacity, timeout: nil, order: order) { (item: Item) in
            var item = item
            item.candidate = try await item.candidate.relaxed(by: self, strainMax: strainMax)
            return item
        }
    }

    /// More than run at a time, so that a slow structure does not keep the next ones waiting.
    private var capacity: Int { 8 * program.atATime }

    /// What a result depends on besides the candidate, in words.
    func identity(strainMax: Double) -> String { "relaxation 1 \(identity) \(strainMax)" }
}
