public import Penstock

/// How slices are made of projections, as the command line has it: the options of a pipeline that reconstructs, as an option group.
///
/// ```swift
/// @OptionGroup var reconstruction: ReconstructionOptions
/// ```
public struct ReconstructionOptions: ParsableArguments, Sendable {
    /// The algorithms, by their usual short names.
    public enum Algorithm: String, ExpressibleByArgument, CaseIterable, Sendable {
        /// Gridrec and filtered back-projection.
        case gridrec, fbp
        /// SIRT, MLEM, OSEM, and SIRT with total variation.
        case sirt, mlem, osem, tv

        /// Whether it improves an image step by step, and so has no filter.
        var isIterative: Bool { self != .gridrec && self != .fbp }
    }

    /// The algorithm.
    @Option(help: "Algorithm of the reconstruction.") public var algorithm = Algorithm.gridrec
    /// The filter; only of analytic algorithms.
    @Option(help: "Filter of gridrec and fbp.") public var filter = ReconstructionFilter.shepp
    /// How many iterations; only of iterative algorithms.
    @Option(help: "Iterations for each window: by default 100 for sirt and tv, 50 for mlem, 5 for osem.")
    public var iterations: Int?
    /// How many subsets; only of OSEM.
    @Option(help: "Subsets of the angles that osem goes through in an iteration: by default 10.")
    public var subsets: Int?
    /// The weight of the total variation, in parts of the slice's mean attenuation.
    @Option(help: "How much tv smooths, in parts of a slice's mean attenuation: by default 0.003.")
    public var tvWeight: Double?
    /// Whether SIRT, also with total variation, has no negative values.
    @Flag(help: "Keep the values of sirt and tv from going below zero.") public var nonNegative = false
    /// Whether an iterative algorithm begins with the last window's images.
    @Flag(help: "Begin each window with the images of the one before.") public var warmStart = false

    /// As without options: gridrec.
    public init() {}

    /// Refuses options that the algorithm does not have, and values that mean nothing.
    /// - Throws: `ValidationError`, which says what the option is for.
    public func validate() throws {
        guard iterations == nil || algorithm.isIterative else {
            throw ValidationError("--iterations is for sirt, mlem, osem and tv; \(algorithm) has none")
        }
        guard !warmStart || algorithm.isIterative else {
            throw ValidationError("--warm-start is for sirt, mlem, osem and tv; \(algorithm) begins with no image")
        }
        guard filter == .shepp || !algorithm.isIterative else {
            throw ValidationError("--filter is for gridrec and fbp; \(algorithm) has none")
        }
        guard subsets == nil || algorithm == .osem else {
            throw ValidationError("--subsets is for osem, not for \(algorithm)")
        }
        guard tvWeight == nil || algorithm == .tv else {
            throw ValidationError("--tv-weight is for tv, not for \(algorithm)")
        }
        guard !nonNegative || algorithm == .sirt || algorithm == .tv else {
            throw ValidationError(
                algorithm == .mlem || algorithm == .osem
                    ? "--non-negative is for sirt and tv; \(algorithm) has no negative values anyway"
                    : "--non-negative is for sirt and tv, not for \(algorithm)")
        }
        guard (1...100_000).contains(iterations ?? 1) else {
            throw ValidationError("--iterations must lie between 1 and 100000")
        }
        guard (1...10_000).contains(subsets ?? 1) else {
            throw ValidationError("--subsets must lie between 1 and 10000")
        }
        guard (0...1).contains(tvWeight ?? 0) else { throw ValidationError("--tv-weight must lie between 0 and 1") }
    }

    /// The algorithm with its parameters, those that were not given as they are by default.
    public var method: ReconstructionMethod {
        switch algorithm {
        case .gridrec: .gridrec(filter: filter)
        case .fbp: .filteredBackProjection(filter: filter)
        case .sirt: .sirt(iterations: iterations ?? 100, nonNegative: nonNegative)
        case .mlem: .mlem(iterations: iterations ?? 50)
        case .osem: .osem(iterations: iterations ?? 5, subsets: subsets ?? 10)
        case .tv:
            .totalVariation(iterations: iterations ?? 100, weight: tvWeight ?? 0.003, nonNegative: nonNegative)
        }
    }
}
