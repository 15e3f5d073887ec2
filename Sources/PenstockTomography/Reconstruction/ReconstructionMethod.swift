/// A way to make slices of projections, with its parameters.
///
/// All methods share geometry, order of the pixels and unit (`GridrecPlan`), take any angles, and work on pairs of an even and an odd
/// detector row. The analytic ones, gridrec and filtered back-projection, are fast; the iterative ones (`IterativePlan`) cost as much for each
/// iteration as filtered back-projection twice, and are better where angles are few or counts low.
public enum ReconstructionMethod: Sendable, Hashable {
    /// Direct Fourier reconstruction: `GridrecPlan`.
    case gridrec(filter: ReconstructionFilter = .shepp)
    /// Filtered back-projection in real space: `FilteredBackProjectionPlan`.
    case filteredBackProjection(filter: ReconstructionFilter = .shepp)
    /// The simultaneous iterative reconstruction technique, without negative values where that is asked for.
    case sirt(iterations: Int = 100, nonNegative: Bool = false)
    /// Maximum likelihood by expectation maximisation: without negative values, and the total of every projection stays.
    case mlem(iterations: Int = 50)
    /// Ordered-subsets expectation maximisation: an iteration goes once through all subsets of the angles, and leads about as far as one of
    /// MLEM for each subset.
    case osem(iterations: Int = 5, subsets: Int = 10)
    /// SIRT with little total variation; the weight is in parts of the slice's mean attenuation (`IterativePlan.Method`).
    case totalVariation(iterations: Int = 100, weight: Double = 0.003, nonNegative: Bool = false)

    /// The usual short name, in small letters: `gridrec`, `fbp`, `sirt`, `mlem`, `osem`, `tv`.
    public var name: String {
        switch self {
        case .gridrec: "gridrec"
        case .filteredBackProjection: "fbp"
        case .sirt: "sirt"
        case .mlem: "mlem"
        case .osem: "osem"
        case .totalVariation: "tv"
        }
    }

    /// Whether images become better by steps, so that they can begin with those of an earlier window.
    public var isIterative: Bool {
        switch self {
        case .gridrec, .filteredBackProjection: false
        case .sirt, .mlem, .osem, .totalVariation: true
        }
    }

    /// The name and the parameters as text, for provenance: `algorithm`, and of `filter`, `iterations`, `subsets`, `tv_weight` and
    /// `non_negative` those that the method has.
    public var parameters: [String: String] {
        var parameters = ["algorithm": name]
        switch self {
        case .gridrec(let filter), .filteredBackProjection(let filter): parameters["filter"] = "\(filter)"
        case .sirt(let iterations, let nonNegative):
            parameters["iterations"] = "\(iterations)"
            parameters["non_negative"] = "\(nonNegative)"
        case .mlem(let iterations): parameters["iterations"] = "\(iterations)"
        case .osem(let iterations, let subsets):
            parameters["iterations"] = "\(iterations)"
            parameters["subsets"] = "\(subsets)"
        case .totalVariation(let iterations, let weight, let nonNegative):
            parameters["iterations"] = "\(iterations)"
            parameters["tv_weight"] = "\(weight)"
            parameters["non_negative"] = "\(nonNegative)"
        }
        return parameters
    }

    /// Prepares the reconstruction of projections `columns` wide, taken at these angles in this order, around `centre`.
    /// - Parameter last: The setup of an earlier window, which gridrec uses again where it serves.
    /// - Throws: `TomographyError` where there is no angle, or an angle or the centre is not finite.
    package func plan(
        columns: Int, anglesRadians: [Double], centre: Double, reusing last: GridrecSetup? = nil
    ) throws(TomographyError) -> any ReconstructionPlan {
        func iterative(_ method: IterativePlan.Method, _ iterations: Int) throws(TomographyError) -> IterativePlan {
            try IterativePlan(
                columns: columns, anglesRadians: anglesRadians, centre: centre, method: method, iterations: iterations)
        }
        switch self {
        case .gridrec(let filter):
            let setup = try GridrecSetup.reusing(last, columns: columns, centre: centre, filter: filter)
            return try GridrecPlan(setup, anglesRadians: anglesRadians)
        case .filteredBackProjection(let filter):
            return try FilteredBackProjectionPlan(
                columns: columns, anglesRadians: anglesRadians, centre: centre, filter: filter)
        case .sirt(let iterations, let nonNegative):
            return try iterative(.sirt(nonNegative: nonNegative), iterations)
        case .mlem(let iterations): return try iterative(.mlem, iterations)
        case .osem(let iterations, let subsets): return try iterative(.osem(subsets: subsets), iterations)
        case .totalVariation(let iterations, let weight, let nonNegative):
            return try iterative(.totalVariation(weight: weight, nonNegative: nonNegative), iterations)
        }
    }
}
