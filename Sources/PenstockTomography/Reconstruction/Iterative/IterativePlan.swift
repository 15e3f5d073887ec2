/// Iterative reconstruction of parallel-beam slices, two at a time: slower than gridrec, and better where angles are few or missing, or counts
/// low.
///
/// With the line integrals p, the projector A of `ParallelProjector` and the image x:
/// - SIRT: x += C A' R (p - A x), where R and C are one over the sums of the rows and the columns of A. P. Gilbert, J. Theor. Biol. 36, 105,
///   1972, DOI 10.1016/0022-5193(72)90180-4.
/// - MLEM: x *= A' (p / A x) / A' 1. L. A. Shepp, Y. Vardi, IEEE Trans. Med. Imaging 1, 113, 1982, DOI 10.1109/TMI.1982.4307558.
/// - OSEM: the same for one subset of the angles after the other. H. M. Hudson, R. S. Larkin, IEEE Trans. Med. Imaging 13, 601, 1994,
///   DOI 10.1109/42.363108.
/// - SIRT with total variation: after each step the image that is near to it and has little variation (`TotalVariation`).
///
/// All are homogeneous: twice the line integrals give twice the image. Geometry, order of the pixels and units are those of `GridrecPlan`.
/// Immutable; serves many threads, each with its own memory. What comes out of a pair depends on nothing else.
public final class IterativePlan: Sendable {
    /// How an image becomes a better one.
    public enum Method: Sendable, Hashable {
        /// SIRT, without negative values where that is asked for.
        case sirt(nonNegative: Bool)
        /// MLEM; negative line integrals count as 0.
        case mlem
        /// OSEM with this many subsets, at least 1, interleaved in angle; an iteration goes through all.
        case osem(subsets: Int)
        /// SIRT with total variation, without negative values where that is asked for. The weight, 0 or more, is that of `TotalVariation` in
        /// parts of the slice's mean attenuation: what its line integrals come to for each pixel that their rays pass.
        case totalVariation(weight: Double, nonNegative: Bool)

        var isMultiplicative: Bool {
            switch self {
            case .mlem, .osem: true
            case .sirt, .totalVariation: false
            }
        }
    }

    /// Columns of the detector, and width and height of the image.
    public var columns: Int { projector.columns }
    /// Projections.
    public var angleCount: Int { projector.views.count }
    /// How the angles are spread. Iterative methods need no weights; a gap shows in the image all the same.
    public let weights: AngularWeights
    /// How an image becomes a better one.
    public let method: Method
    /// How often.
    public let iterations: Int

    let projector: ParallelProjector
    /// The projections that are used at a time.
    private let subsets: [[Int]]
    /// One over the length of each ray in the image, [angle, column]; 0 for those that miss it. Of the additive methods.
    private let rayWeights: [Float]
    /// The length of all rays in the image. Of the additive methods.
    private let length: Double
    /// For each subset, one over what a pixel gives to its rays, [row, column]; 0 for pixels that nobody sees.
    private let pixelWeights: [[Float]]
    /// The pixels that no ray sees.
    private let unseen: [Int]

    /// Prepares the reconstruction of projections `columns` wide, taken at these angles in this order, around `centre`.
    ///
    /// Takes as long as an iteration; all slices of a scan share it.
    /// - Throws: `TomographyError` where there is no angle, or an angle or the centre is not finite.
    public init(
        columns: Int, anglesRadians: [Double], centre: Double, method: Method, iterations: Int
    ) throws(TomographyError) {
        precondition(columns > 0, "a detector has at least one column")
        precondition(iterations > 0, "an iterative reconstruction has at least one iteration")
        guard centre.isFinite else { throw .invalidCentre }
        weights = try AngularWeights(anglesRadians: anglesRadians)
        let projector = ParallelProjector(
            size: columns, columns: columns, anglesRadians: anglesRadians, centre: centre)
        self.projector = projector
        self.method = method
        self.iterations = iterations
        let all = Array(anglesRadians.indices)
        if case .osem(let count) = method {
            precondition(count > 0, "OSEM has at least one subset")
            subsets = Self.interleaved(anglesRadians, count)
        } else {
            subsets = [all]
        }
        var memory = IterativeMemory(columns: columns, angles: all.count)
        let lengths = method.isMultiplicative ? [] : memory.rayLengths(projector, all)
        rayWeights = Self.inverse(lengths)
        length = lengths.reduce(0) { $0 + Double($1) }
        var pixelWeights: [[Float]] = []
        for subset in subsets { pixelWeights.append(Self.inverse(memory.pixelSums(projector, subset))) }
        self.pixelWeights = pixelWeights
        unseen = (0..<columns * columns).filter { pixel in pixelWeights.allSatisfy { $0[pixel] == 0 } }
    }

    /// One over each value; 0 where it is not positive.
    private static func inverse(_ values: [Float]) -> [Float] { values.map { $0 > 0 ? 1 / $0 : 0 } }

    /// The numbers of the projections in order of their angles, dealt out to `count` subsets or one for each projection.
    private static func interleaved(_ angles: [Double], _ count: Int) -> [[Int]] {
        let folded = angles.map { angle in
            let rest = angle.truncatingRemainder(dividingBy: .pi)
            return rest < 0 ? rest + .pi : rest
        }
        let order = folded.indices.sorted { (folded[$0], $0) < (folded[$1], $1) }
        let count = min(count, angles.count)
        return (0..<count).map { subset in stride(from: subset, to: order.count, by: count).map { order[$0] }.sorted() }
    }

    /// Reconstructs one pair of slices.
    ///
    /// - Parameters:
    ///   - even: For each angle, in the order of the plan, `columns` finite values of the pair's even row, after -log.
    ///   - odd: The same for the odd row, or nil where the detector has none.
    ///   - evenImage: Room for `columns` x `columns` values, rows from top to bottom. What is in it is where the iterations begin, where
    ///     `isWarm` says so; MLEM and OSEM make it positive first.
    ///   - oddImage: The same for the odd row; nil where `odd` is nil.
    ///   - memory: Memory of this thread, made for as many columns and angles.
    public func reconstruct(
        even: UnsafeBufferPointer<UnsafePointer<Float>>, odd: UnsafeBufferPointer<UnsafePointer<Float>>?,
        into evenImage: UnsafeMutablePointer<Float>, _ oddImage: UnsafeMutablePointer<Float>?, isWarm: Bool = false,
        memory: inout IterativeMemory
    ) {
        precondition(even.count == angleCount, "a pair has one row for each angle")
        precondition(odd == nil || odd?.count == angleCount, "a pair has one row for each angle")
        precondition((odd == nil) == (oddImage == nil), "an odd row has an image")
        precondition(memory.columns == columns && memory.angles == angleCount, "the memory was made for another size")
        memory.take(even, odd)
        if isWarm {
            memory.begin(with: evenImage, oddImage)
        } else {
            memory.begin(with: method.isMultiplicative ? 1 : 0)
        }
        if method.isMultiplicative { memory.makePositive(but: unseen) }
        let smoothing = smoothing(memory)
        for _ in 0..<iterations {
            for (subset, weights) in zip(subsets, pixelWeights) { improve(&memory, subset, weights, smoothing) }
        }
        memory.give(evenImage, oddImage)
    }

    /// One step, with one subset of the projections.
    private func improve(
        _ memory: inout IterativeMemory, _ subset: [Int], _ weights: [Float], _ smoothing: SIMD2<Float>
    ) {
        memory.project(projector, subset)
        switch method {
        case .sirt(let nonNegative):
            memory.subtract(subset, weights: rayWeights)
            memory.correct(projector, subset, weights: weights, nonNegative: nonNegative)
        case .totalVariation(_, let nonNegative):
            memory.subtract(subset, weights: rayWeights)
            memory.correct(projector, subset, weights: weights, nonNegative: false)
            memory.smooth(weight: smoothing, nonNegative: nonNegative)
        case .mlem, .osem:
            memory.divide(subset)
            memory.scale(projector, subset, weights: weights)
        }
    }

    /// The weight of the total variation for the slices in the memory, in their unit; 0 for slices of nothing but air.
    private func smoothing(_ memory: borrowing IterativeMemory) -> SIMD2<Float> {
        guard case .totalVariation(let weight, _) = method, length > 0 else { return .zero }
        let mean = memory.total(weights: rayWeights) / length
        return SIMD2(Float(max(0, weight * mean.x)), Float(max(0, weight * mean.y)))
    }
}
