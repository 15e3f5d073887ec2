import Penstock
import PenstockTomography

/// What happens to projections and sinograms before they are reconstructed.
struct PreparationOptions: ParsableArguments {
    @Option(help: "How the frames of a set of flats or darks become one: mean or median.") var flatAverage =
        FrameAverage.mean
    @Option(
        help:
            "Flats of several sets: the latest before a projection, or interpolated in time, for which projections wait."
    )
    var flatTiming = FlatTiming.latest
    @Option(help: "Detector rows that stay, such as 0:64; the last is not included.") var cropRows: IndexRange?
    @Option(help: "Detector columns that stay, such as 100:1948.") var cropColumns: IndexRange?
    @Option(
        parsing: .unconditional, help: "Excess of transmission above which a pixel is a zinger, such as 0.15.")
    var zingerThreshold: Double?
    @Option(
        parsing: .unconditional, help: "Columns at both edges that show nothing but air: rows are normalised by them.")
    var air: Int?
    @Option(
        parsing: .unconditional, help: "Means of squares of so many pixels in both directions, such as 2.") var binning:
        Int?
    @Option(
        help: "Phase retrieval in keV, cm, micrometres and beta/delta: energy=20,distance=5,pixel=0.65,alpha=0.001.",
        transform: { try PaganinParameters($0) })
    var paganin: PaganinParameters?
    @Option(
        parsing: .unconditional,
        help: "Degrees by which the rotation axis leans in the plane of the detector, to the right on lower rows.")
    var tilt: Double?
    @Option(parsing: .unconditional, help: "Transmission that stands for all smaller ones.") var floor = 1e-6
    @Option(help: "Beam hardening: factors of the attenuation, its square and so on, such as 1,0.05.")
    var beamHardening: Polynomial?
    @Option(
        help: """
            Stripe removal: smoothing, sorting, filtering, large, dead, all, fourier-wavelet or titarenko, with settings \
            such as sorting:size=21; once or more.
            """, transform: { try StripeRemoval($0) })
    var stripe: [StripeRemoval] = []
    @Flag(help: "The scan goes through 360 degrees with the rotation axis near an edge of the detector.")
    var halfAcquisition = false

    func validate() throws {
        if let air, air < 1 { throw ValidationError("--air takes a number of one or more, not \(air)") }
        if let binning, !(1...64).contains(binning) {
            throw ValidationError("--binning must lie between 1 and 64, not at \(binning)")
        }
        if let tilt, !(abs(tilt) <= 15) { throw ValidationError("--tilt must lie between -15 and 15, not at \(tilt)") }
        guard floor >= 1e-30, floor <= 1 else {
            throw ValidationError("--floor must lie between 1e-30 and 1, not at \(floor)")
        }
        if let zingerThreshold, !(zingerThreshold > 0 && zingerThreshold.isFinite) {
            throw ValidationError(
                "--zinger-threshold takes a transmission above 0, such as 0.15, not \(zingerThreshold)")
        }
    }

    /// From the frames of a scan to the attenuations of its projections.
    @FlowBuilder func attenuations(
        of scan: Flow<Stream<Frame>>, _ part: PartRows? = nil, allowsNonFinite: Bool
    ) -> Stream<Projection> {
        scan
        CheckSequence()
        AdmitFrames(part)
        FlatField(average: flatAverage, timing: flatTiming, allowsNonFinite: allowsNonFinite)
        if cropRows != nil || cropColumns != nil {
            CropProjections(rows: cropRows?.indices, columns: cropColumns?.indices, isPart: part != nil)
        }
        if let zingerThreshold {
            RemoveZingers(threshold: zingerThreshold)
        }
        if let air {
            NormaliseAir(columns: air)
        }
        if let binning {
            BinProjections(factor: binning)
        }
        if let paganin {
            RetrievePhase(paganin)
        }
        if let tilt {
            CorrectTilt(degrees: tilt)
        }
        if let part {
            KeepOwnRows(part)
        }
        MinusLog(floor: floor)
        if let beamHardening {
            CorrectBeamHardening(coefficients: beamHardening.coefficients)
        }
    }

    /// The rows that a part of the scan reads and makes.
    func rows(of part: DetectorPart) -> PartRows {
        // Phase retrieval and tilt look at whole projections.
        PartRows(part, crop: cropRows?.indices, binning: binning ?? 1, needsAllRows: paganin != nil || tilt != nil)
    }

    /// The column of the whole detector that a column of what cropping and binning leave lies on.
    func detectorColumn(of column: Double) -> Double {
        let factor = Double(binning ?? 1)
        return Double(cropColumns?.indices.lowerBound ?? 0) + (column + 0.5) * factor - 0.5
    }

    /// What happens to sinograms, in order.
    var sinogramSteps: [any SinogramStep] {
        // Stripes are columns of the detector, which stitching moves.
        stripe + (halfAcquisition ? [StitchHalfAcquisition()] : [])
    }

    /// What the volume says about how it was made.
    var parameters: [String: String] {
        [
            "flat_average": flatAverage.rawValue, "flat_timing": flatTiming.rawValue,
            "crop_rows": cropRows?.description ?? "none", "crop_columns": cropColumns?.description ?? "none",
            "zinger_threshold": zingerThreshold.map { "\($0)" } ?? "none", "air": air.map { "\($0)" } ?? "none",
            "binning": "\(binning ?? 1)", "paganin": paganin?.description ?? "none",
            "tilt": tilt.map { "\($0)" } ?? "none", "floor": "\(floor)",
            "beam_hardening": beamHardening?.description ?? "none",
            "stripe": stripe.isEmpty ? "none" : stripe.map(\.description).joined(separator: " "),
            "half_acquisition": "\(halfAcquisition)",
        ]
    }
}

/// Whole numbers from 0 as the command line has them: `100:1948`, of which the second is not included.
struct IndexRange: Sendable, Hashable, ExpressibleByArgument, CustomStringConvertible {
    let indices: Range<Int>

    init?(argument: String) {
        let bounds = argument.split(separator: ":", omittingEmptySubsequences: false).map { Int($0) }
        guard bounds.count == 2, let first = bounds[0], let end = bounds[1], first >= 0, first < end else { return nil }
        indices = first..<end
    }

    var description: String { "\(indices.lowerBound):\(indices.upperBound)" }
}

/// The factors of x, x^2, x^3 and so on as the command line has them: `1,0.05`.
struct Polynomial: Sendable, Hashable, ExpressibleByArgument, CustomStringConvertible {
    let coefficients: [Double]

    init?(argument: String) {
        let numbers = argument.split(separator: ",", omittingEmptySubsequences: false).map { Double($0) }
        guard (1...16).contains(numbers.count), numbers.allSatisfy({ $0?.isFinite == true }) else { return nil }
        coefficients = numbers.compactMap(\.self)
    }

    var description: String { coefficients.map { "\($0)" }.joined(separator: ",") }
}
