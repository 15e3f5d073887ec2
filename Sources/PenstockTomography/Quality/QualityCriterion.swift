public import Penstock

/// A figure of `WindowQuality`, by its usual short name.
public enum QualityMetric: String, Sendable, Hashable, CaseIterable {
    /// Structural similarity, correlation, peak signal-to-noise ratio in dB, signal-to-noise ratio: better where larger.
    case ssim, correlation, psnr, snr
    /// Root mean square difference, as a part of the range: better where smaller.
    case rmse

    /// Whether larger is better.
    var risesWithQuality: Bool { self != .rmse }

    /// Whether there are images on the better side of a limit: structural similarity and correlation are at most 1, differences at least 0.
    func canReach(_ limit: Double) -> Bool {
        switch self {
        case .ssim, .correlation: limit < 1
        case .psnr, .snr: true
        case .rmse: limit > 0
        }
    }

    /// What the fact of a run is called.
    var factName: String { self == .snr ? "signal_to_noise" : rawValue }
}

extension WindowQuality {
    /// A figure.
    public subscript(metric: QualityMetric) -> Double {
        switch metric {
        case .ssim: ssim
        case .correlation: correlation
        case .psnr: psnr
        case .snr: signalToNoise
        case .rmse: rmse
        }
    }
}

/// When a window's image is good enough: a figure on the better side of a limit, such as `ssim>0.98` or `rmse<0.01`.
public struct QualityCriterion: Sendable, Hashable, CustomStringConvertible {
    /// The figure.
    public let metric: QualityMetric
    /// The limit, which is not reached by being equal to it.
    public let limit: Double

    /// Whether a comparison is good enough; never for one that gave no number.
    public func isMet(by quality: WindowQuality) -> Bool {
        metric.risesWithQuality ? quality[metric] > limit : quality[metric] < limit
    }

    /// As it is written on the command line.
    public var description: String { "\(metric.rawValue)\(metric.risesWithQuality ? ">" : "<")\(limit)" }
}

extension QualityCriterion: ExpressibleByArgument {
    /// Reads `ssim>0.98`; nil for other names, where the sign points at what is worse, and for what no image can be, such as `ssim>98`.
    public init?(argument: String) {
        guard let sign = argument.firstIndex(where: { $0 == ">" || $0 == "<" }),
            let metric = QualityMetric(rawValue: String(argument[..<sign])),
            (argument[sign] == ">") == metric.risesWithQuality,
            let limit = Double(argument[argument.index(after: sign)...]), limit.isFinite,
            metric.canReach(limit)
        else { return nil }
        self.metric = metric
        self.limit = limit
    }

    /// As it is written.
    public var defaultValueDescription: String { description }
}
