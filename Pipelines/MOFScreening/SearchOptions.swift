import Penstock
import PenstockMOF

/// What is looked for, and for how long.
struct SearchOptions: ParsableArguments {
    @Option(
        help: """
            What is to be high: henry, heat, surface, void-fraction, density, uptake (at the highest pressure of --gcmc) or \
            working-capacity (between its highest and its lowest).
            """)
    var target = TargetName.henry
    @Option(help: "The linkers to choose from, such as benzene,biphenyl-2NH2; by default all of the library.")
    var linkers = LinkerList.library
    @Option(parsing: .unconditional, help: "How many frameworks are evaluated.") var budget = 200
    @Option(parsing: .unconditional, help: "How many are proposed at a time; part of what is found.") var round = 10
    @Option(parsing: .unconditional, help: "How many are chosen at random before the surrogate has a say.")
    var warmUp = 20
    @Option(
        help: ArgumentHelp(
            "Propose nothing more after this time, such as 10min: the one option by which a clock decides how much is found.",
            valueName: "time"))
    var duration: Duration?
    @Flag(
        help: """
            Never wait for a round to end: workers are always busy, on the newest proposals, and older ones are dropped. What is found then depends \
            on the pace of the machine, and --budget is where proposals end.
            """)
    var freeRunning = false
    @Flag(help: "Evaluate as many frameworks in random order, too, and show both.") var compareRandom = false
    @Option(help: "What becomes of frameworks with the bonds of an earlier one: flag, skip (reject them) or keep.")
    var duplicates = DuplicateRule.skip
    @Option(parsing: .unconditional, help: "How many of the best are written as CIF files.") var best = 20

    /// What can be looked for.
    enum TargetName: String, ExpressibleByArgument, CaseIterable {
        case henry, heat, surface, density
        case voidFraction = "void-fraction"
        case uptake
        case workingCapacity = "working-capacity"
    }

    func validate() throws {
        for (name, value, range) in [
            ("--budget", budget, 1...1_000_000), ("--round", round, 1...10_000), ("--warm-up", warmUp, 2...10_000),
            ("--best", best, 1...10_000),
        ] where !range.contains(value) {
            throw ValidationError(
                "\(name) must lie between \(range.lowerBound) and \(range.upperBound), not at \(value)")
        }
        guard !freeRunning || !compareRandom else {
            throw ValidationError("--compare-random compares rounds: it goes without --free-running")
        }
        if let duration, duration <= .zero {
            throw ValidationError("--duration takes a time above zero, such as 10min")
        }
    }

    /// The strategies that are run.
    var strategies: [SearchStrategy] { compareRandom ? [.learned, .random] : [.learned] }

    /// How the search goes.
    func settings(seed: UInt64) -> CandidateProposer.Settings {
        var settings = CandidateProposer.Settings()
        (settings.budget, settings.roundSize, settings.seed) = (budget, round, seed)
        settings.search.warmUp = warmUp
        settings.isFreeRunning = freeRunning
        return settings
    }

    /// What is looked for at these pressures; nil where there are too few of them.
    func target(_ pressures: [Pressure]) -> SearchTarget? {
        let sorted = pressures.sorted { $0.pascal > $1.pascal }
        switch target {
        case .henry: return .henryCoefficient
        case .heat: return .heatOfAdsorption
        case .surface: return .surface
        case .voidFraction: return .voidFraction
        case .density: return .density
        case .uptake: return sorted.first.map { .uptake($0) }
        case .workingCapacity: return sorted.count > 1 ? .workingCapacity(sorted[0], sorted[sorted.count - 1]) : nil
        }
    }
}

/// Linkers with commas between them.
struct LinkerList: ExpressibleByArgument, CustomStringConvertible {
    let linkers: [Linker]
    let description: String

    static let library = LinkerList(linkers: Linker.library, description: "all")

    private init(linkers: [Linker], description: String) {
        (self.linkers, self.description) = (linkers, description)
    }

    init?(argument: String) {
        if argument == Self.library.description {
            self = .library
            return
        }
        let names = argument.split(separator: ",", omittingEmptySubsequences: false)
        let linkers = names.compactMap { name in Linker.library.first { $0.description == name } }
        guard linkers.count == names.count else { return nil }
        self.init(linkers: linkers, description: argument)
    }

    var defaultValueDescription: String { description }
}
