import Penstock
import PenstockTomography

/// How good the images are, and what follows from it.
struct QualityOptions: ParsableArguments {
    @Flag(help: "Compare the middle slice of each window with that of the window before, in the topic quality.")
    var quality = false
    @Option(help: "Compare with this volume instead: an HDF5 file with /exchange/data, slice by slice.")
    var reference: String?
    @Option(help: "Say which window is good enough: ssim>0.98, correlation>..., psnr>..., snr>... or rmse<0.01.")
    var markWhen: QualityCriterion?
    @Option(help: "End the scan when a window is good enough, such as ssim>0.98 or rmse<0.01.") var stopWhen:
        QualityCriterion?

    /// The topic by which a judgement comes back to the source.
    static let judgements = "judgements"

    func validate() throws {
        guard markWhen == nil || stopWhen == nil else {
            throw ValidationError("--stop-when says which window was good enough, too: leave --mark-when out")
        }
    }

    /// Whether anything is to be compared.
    var isWanted: Bool { quality || reference != nil || judge != nil }

    /// Whether windows are compared with each other, or looked at one after the other.
    var comparesWindows: Bool { isWanted && (reference == nil || judge != nil) }

    /// What windows are compared with; nil for the window before.
    var referenceVolume: ReferenceVolume? { reference.map { ReferenceVolume($0) } }

    /// Where the end of the scan may come from.
    var steeringTopics: [String] { stopWhen == nil ? [] : [Self.judgements] }

    /// Who decides when it is enough; nil where nobody asks.
    var judge: JudgeScan? {
        (stopWhen ?? markWhen).map { JudgeScan($0, stops: stopWhen != nil) }
    }

    /// What the summary says of the last window, and of the one that was good enough.
    func lines(_ record: RunRecord) -> [String] {
        var lines: [String] = []
        if let other = record.facts["compared_with"] {
            let figures = [("ssim", "SSIM"), ("psnr", "PSNR"), ("rmse", "RMSE"), ("signal_to_noise", "SNR")].map {
                "\($1) \(record.facts[$0].flatMap(Double.init).map { "\(($0 * 1e4).rounded() / 1e4)" } ?? "?")"
            }
            lines.append("quality of the last window against \(other): \(figures.joined(separator: ", "))")
        }
        if let criterion = stopWhen ?? markWhen {
            let window = record.facts["good_enough_at_window"]
            lines.append(window.map { "\(criterion) first in window \($0)" } ?? "no window had \(criterion)")
        }
        return lines
    }
}
