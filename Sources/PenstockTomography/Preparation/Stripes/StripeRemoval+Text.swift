extension StripeRemoval {
    private static let usage =
        "smoothing:size=5, sorting:size=21, filtering:sigma=3,size=21, large:snr=3,size=51, dead:snr=3,size=51, "
        + "all:snr=3,large=61,small=21, fourier-wavelet:sigma=2,levels=5, titarenko:weight=0.03; settings may be left out"

    /// The method as the command line has it: its name and, behind a colon, settings with commas between, such as `sorting:size=21`.
    /// - Throws: `TomographyError.invalidSettings`
    public init(_ text: String) throws(TomographyError) {
        var settings = try Settings(text, hasMethod: true, usage: Self.usage)
        switch settings.method {
        case "smoothing": self = .smoothing(size: try settings.count("size") ?? 5)
        case "sorting": self = .sorting(size: try settings.count("size"))
        case "filtering":
            self = .filtering(sigma: try settings.number("sigma") ?? 3, size: try settings.count("size"))
        case "large":
            self = .large(signalToNoise: try settings.number("snr") ?? 3, size: try settings.count("size") ?? 51)
        case "dead":
            self = .dead(signalToNoise: try settings.number("snr") ?? 3, size: try settings.count("size") ?? 51)
        case "all":
            self = .all(
                signalToNoise: try settings.number("snr") ?? 3, largeSize: try settings.count("large") ?? 61,
                smallSize: try settings.count("small") ?? 21)
        case "fourier-wavelet":
            self = .fourierWavelet(sigma: try settings.number("sigma") ?? 2, levels: try settings.count("levels"))
        case "titarenko": self = .titarenko(weight: try settings.number("weight") ?? 0.03)
        default: throw settings.failure("there is no way to remove stripes named ‘\(settings.method)’")
        }
        try settings.checkAllTaken()
    }
}

extension StripeRemoval: CustomStringConvertible {
    /// The method with all its settings, as the command line has it.
    public var description: String {
        func sized(_ size: Int?) -> [String] { size.map { ["size=\($0)"] } ?? [] }
        let (name, settings): (String, [String]) =
            switch self {
            case .smoothing(let size): ("smoothing", sized(size))
            case .sorting(let size): ("sorting", sized(size))
            case .filtering(let sigma, let size): ("filtering", ["sigma=\(sigma)"] + sized(size))
            case .large(let ratio, let size): ("large", ["snr=\(ratio)"] + sized(size))
            case .dead(let ratio, let size): ("dead", ["snr=\(ratio)"] + sized(size))
            case .all(let ratio, let large, let small): ("all", ["snr=\(ratio)", "large=\(large)", "small=\(small)"])
            case .fourierWavelet(let sigma, let levels):
                ("fourier-wavelet", ["sigma=\(sigma)"] + (levels.map { ["levels=\($0)"] } ?? []))
            case .titarenko(let weight): ("titarenko", ["weight=\(weight)"])
            }
        return settings.isEmpty ? name : name + ":" + settings.joined(separator: ",")
    }
}
