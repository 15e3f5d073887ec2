internal import Glibc
public import Penstock

/// A frequency response that reconstruction applies to every projection: the ramp |nu|, and a window against noise.
///
/// With x = |nu| in cycles per pixel (0 to 0.5) the response is 2x times the window, so the bare ramp is 1 at Nyquist's
/// frequency. The ramp comes from its exact band-limited kernel (Kak, Slaney, "Principles of Computerized Tomographic
/// Imaging", 1988, chapter 3, DOI 10.1137/1.9780898719277), whose samples near zero differ from 2x and keep the mean of
/// the image.
public enum ReconstructionFilter: String, Sendable, Hashable, CaseIterable, CustomStringConvertible {
    /// No filter at all: plain back-projection.
    case none
    /// The ramp alone, after Ramachandran and Lakshminarayanan: sharpest and noisiest.
    case ramp
    /// The ramp times sinc(x), after Shepp and Logan: the usual choice.
    case shepp
    /// The ramp times cos(pi x).
    case cosine
    /// The ramp times the Hann window, zero at Nyquist's frequency.
    case hann
    /// The ramp times the Hamming window, 0.08 at Nyquist's frequency.
    case hamming
    /// The ramp times (1 - 2x)^3: smoothest.
    case parzen
    /// The ramp times 1/(1 + (2x)^16): flat, with a fall to one half at Nyquist's frequency.
    case butterworth

    /// The filter with this name, as on a command line: a case's name in any letter case, or `ramlak` for the ramp.
    /// - Throws: `TomographyError.unknownFilter` for another name.
    public init(named name: String) throws(TomographyError) {
        let lowercased = name.lowercased()
        guard let filter = Self(rawValue: lowercased == "ramlak" ? "ramp" : lowercased) else {
            throw .unknownFilter(name)
        }
        self = filter
    }

    /// The name of the filter.
    public var description: String { rawValue }

    /// What the ramp is multiplied with at a frequency of `x` cycles per pixel, 0 to 0.5; 1 for `none` and `ramp`.
    public func window(atCyclesPerPixel x: Double) -> Double {
        switch self {
        case .none, .ramp: 1
        case .shepp: x == 0 ? 1 : sin(.pi * x) / (.pi * x)
        case .cosine: cos(.pi * x)
        case .hann: 0.5 + 0.5 * cos(2 * .pi * x)
        case .hamming: 0.54 + 0.46 * cos(2 * .pi * x)
        case .parzen: (1 - 2 * x) * (1 - 2 * x) * (1 - 2 * x)
        case .butterworth: 1 / (1 + pow(2 * x, 16))
        }
    }

    /// The response at the frequencies k / `period` for k = 0 to `period` / 2, for projections of an even `period` with
    /// padding.
    public func response(period: Int) -> [Double] {
        precondition(period >= 2 && period.isMultiple(of: 2), "the period of a filter is even")
        guard self != .none else { return Array(repeating: 1, count: period / 2 + 1) }
        let ramp = Self.bandLimitedRamp(period: period)
        return ramp.indices.map { 2 * ramp[$0] * window(atCyclesPerPixel: Double($0) / Double(period)) }
    }

    /// The factors of all frequencies of a pair of transforms, there and back, of an even `period`: what filters a row whose columns are 1
    /// apart, so that its back-projection over pi is the image.
    func factors(period: Int) -> [Float] {
        let response = response(period: period)
        // The bare response is 1 at Nyquist's frequency and the ramp 1/2; the transform pair multiplies by the period.
        return (0..<period).map { Float(response[min($0, period - $0)] / Double(2 * period)) }
    }

    /// The cosine transform of the ramp's kernel (1/4 at 0, -1/(pi j)^2 at odd j, 0 at even j), cut to one period.
    static func bandLimitedRamp(period: Int) -> [Double] {
        let cosines = (0..<period).map { cos(2 * .pi * Double($0) / Double(period)) }
        let odd = Array(stride(from: 1, to: period / 2, by: 2))
        let kernel = odd.map { -2 / (.pi * Double($0) * .pi * Double($0)) }
        return (0...period / 2).map { k in
            var sum = 0.25
            for (j, h) in zip(odd, kernel) { sum += h * cosines[j * k % period] }
            return sum
        }
    }
}

extension ReconstructionFilter: ExpressibleByArgument {
    /// The filter with the name that the command line has; nil for any other.
    public init?(argument: String) {
        guard let filter = try? Self(named: argument) else { return nil }
        self = filter
    }
}
