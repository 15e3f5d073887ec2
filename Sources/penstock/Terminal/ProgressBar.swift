internal import PenstockCommands
internal import PenstockEvents

/// One line on a terminal's standard error that tells how far long work is; nothing where standard error is no terminal.
final class ProgressBar: Sendable {
    private static let width = 30
    private static let interval = Duration.milliseconds(100)

    private struct State {
        var shown: ContinuousClock.Instant?
        let began = ContinuousClock.now
    }

    /// What is counted.
    enum Unit {
        case bytes
        case records
    }

    private let isShown: Bool
    private let unit: Unit
    private let state = Guarded(State())

    init(quiet: Bool, unit: Unit = .bytes) {
        isShown = !quiet && StandardError.isTerminal
        self.unit = unit
    }

    /// Shows how far the work is, not more often than a person can see.
    func show(_ label: String, done: Int, of total: Int?) {
        guard isShown else { return }
        let seconds: Double? = state.withLock { state in
            let now = ContinuousClock.now
            if let shown = state.shown, now - shown < Self.interval, done != total { return nil }
            state.shown = now
            return (now - state.began) / .seconds(1)
        }
        if let seconds { StandardError.showLine(line(label, done, total, seconds)) }
    }

    /// Takes the line off the terminal.
    func finish() {
        if isShown { StandardError.clearLine() }
    }

    private func line(_ label: String, _ done: Int, _ total: Int?, _ seconds: Double) -> String {
        let pace = Pace(seconds > 0.5 ? done : 0, in: seconds)
        let speed = pace.rate > 0 ? ", \(text(Int(pace.rate)))/s" : ""
        guard let total, total > 0 else { return "\(label) \(text(done))\(speed)" }
        let filled = min(Self.width, Self.width * done / total)
        let bar = String(repeating: "#", count: filled) + String(repeating: "-", count: Self.width - filled)
        let left = pace.left(of: total).map { ", \($0)" } ?? ""
        return "\(label) [\(bar)] \(min(100, 100 * done / total)) % of \(text(total))\(speed)\(left)"
    }

    private func text(_ number: Int) -> String {
        switch unit {
        case .bytes: ByteCount.text(number)
        case .records: TopicText.count(number, "record")
        }
    }
}
