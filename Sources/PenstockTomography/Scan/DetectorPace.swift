/// How fast frames of a file may come, where the file plays the part of a detector.
struct DetectorPace {
    private let projectionsPerSecond: Double?
    private var begun: ContinuousClock.Instant?
    private var sent = 0

    /// So many projections a second; nil for as many as there is time for.
    init(projectionsPerSecond: Double?) { self.projectionsPerSecond = projectionsPerSecond }

    /// How many of the `wanted` projections may come now; the first one may at once.
    mutating func allowed(of wanted: Int) -> Int {
        guard let projectionsPerSecond else { return wanted }
        let now = ContinuousClock.now
        let start = begun ?? now
        begun = start
        let seconds = (now - start) / .seconds(1)
        let due = Int(min(seconds * projectionsPerSecond, 1e15)) + 1 - sent
        let allowed = max(0, min(wanted, due))
        sent += allowed
        return allowed
    }
}
