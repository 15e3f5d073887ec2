public import Penstock

extension FrameworkRelaxation {
    /// A relaxation as a stage of a screening: one candidate out for each that comes in, in their order.
    ///
    /// A candidate that is strained by at most `strainMax` is stable, and goes on; one with more is rejected as `unstable`, one that cannot be
    /// relaxed fails, with the code of its `RelaxationError`.
    public func stage(strainMax: Double = LatticeStrain.stableMax) -> MapAsync<Candidate, Candidate> {
        // More than run at a time, so that a slow structure does not keep the next ones waiting.
        MapAsync(capacity: 8 * program.atATime, timeout: nil) { (candidate: Candidate) in
            try await candidate.relaxed(by: self, strainMax: strainMax)
        }
    }
}
