/// The rotation centre of a scan over half a turn, found in one sinogram after N. T. Vo et al., "Reliable method for
/// calculating the center of rotation in parallel-beam tomography", 2014, DOI 10.1364/OE.22.019078.
///
/// Around the true centre the sinogram and its mirror image make a sinogram of a full turn, whose Fourier transform is
/// nearly zero in a double wedge. The centre is where the mean magnitude in that wedge is smallest: first on a coarse
/// grid with step 0.5 around the detector's middle, then on a fine one with step 0.25.
public struct VoCentre: Sendable, Hashable {
    /// The fewest angles that a search is made with.
    public static let minimumAngles = 4
    /// The fewest columns that a search is made with.
    public static let minimumColumns = 8
    /// Sinograms with more values are searched coarsely with four columns made one.
    public static let binningThreshold = 4_000_000

    /// One trial.
    public struct Trial: Sendable, Hashable {
        /// The column tried as the centre.
        public let centre: Double
        /// The mean magnitude in the wedge.
        public let metric: Double
    }

    /// The centre, a column counted from 0, to a quarter of a column.
    public let centre: Double
    /// The trials of the coarse search by rising centre.
    public let coarse: [Trial]
    /// The trials of the fine search by rising centre.
    public let fine: [Trial]
    /// Whether a search found its minimum at the end of its range: the true centre may lie outside, so do not trust
    /// this one.
    public let isAtEndOfRange: Bool

    /// Searches for the centre within `halfRange` columns of the detector's middle.
    ///
    /// On a narrow detector the range is at most a quarter of the width, so that sinogram and mirror image share half
    /// their columns: where they share only air, the metric is small without meaning anything.
    /// - Parameter sinogram: Projections sorted by angle over 180 degrees, after -log, all finite.
    /// - Throws: `TomographyError.sinogramTooSmall` below `minimumAngles` or `minimumColumns`.
    public init(_ sinogram: Sinogram, halfRange: Double = 50) throws(TomographyError) {
        let columns = sinogram.columns
        guard columns >= Self.minimumColumns, sinogram.angles >= Self.minimumAngles else {
            throw .sinogramTooSmall(angles: sinogram.angles, columns: columns)
        }
        let reach = min(halfRange, (0.25 * Double(columns)).rounded(.down))
        let binning = columns * sinogram.angles > Self.binningThreshold ? 4 : 1
        coarse = Self.coarseTrials(sinogram, binning: binning, reach: reach)
        let rough = Self.minimum(of: coarse)

        let smooth = sinogram.smoothed(sigmaAngles: 2, sigmaColumns: 2)
        let wedge = DoubleWedge(smooth)
        let edge = Double(columns - 1)
        let first = max(0, coarse[rough].centre - Self.fineReach)
        let steps = Int((min(edge, coarse[rough].centre + Self.fineReach) - first) / Self.fineStep)
        fine = (0...steps).map { wedge.trial(centre: first + Double($0) * Self.fineStep) }
        let best = Self.minimum(of: fine)
        centre = fine[best].centre
        isAtEndOfRange = rough == 0 || rough == coarse.count - 1 || best == 0 || best == fine.count - 1
    }

    private static let coarseStep = 0.5
    private static let fineStep = 0.25
    private static let fineReach = 6.0

    /// The coarse search, its centres given on the unbinned detector.
    private static func coarseTrials(_ sinogram: Sinogram, binning: Int, reach: Double) -> [Trial] {
        let smooth = sinogram.smoothed(sigmaAngles: 3, sigmaColumns: 1)
        let wedge = DoubleWedge(binning == 1 ? smooth : smooth.binned(columns: binning))
        let factor = Double(binning)
        let middle = Double(wedge.sinogram.columns / 2)
        let steps = Int(2 * reach / factor / coarseStep)
        return (0...steps).map { step in
            let trial = wedge.trial(centre: middle - reach / factor + Double(step) * coarseStep)
            // Column b of the binned detector has its middle at 4 b + 1.5 of the other.
            return Trial(centre: factor * trial.centre + (factor - 1) / 2, metric: trial.metric)
        }
    }

    private static func minimum(of trials: [Trial]) -> Int {
        trials.indices.min { trials[$0].metric < trials[$1].metric } ?? 0
    }
}
