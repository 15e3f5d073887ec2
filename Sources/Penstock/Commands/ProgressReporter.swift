internal import Foundation
internal import PenstockCommands
internal import PenstockEngine

/// Shows what a run has done so far: a line that changes on a terminal, or lines of JSON.
struct ProgressReporter: Sendable {
    private let style: ProgressStyle
    private let progress: RunProgress
    private let isTerminal: Bool
    private let started = ContinuousClock.now

    init(_ style: ProgressStyle, quiet: Bool, _ progress: RunProgress) {
        isTerminal = StandardError.isTerminal
        self.style = quiet && style == .auto ? .none : style
        self.progress = progress
    }

    /// Shows progress until the task is cancelled.
    func follow() async {
        guard style == .json || (style == .auto && isTerminal) else { return }
        var shown: [String: Int]?
        while !Task.isCancelled {
            let counts = progress.counts
            if counts != shown || style == .auto { show(counts) }
            shown = counts
            try? await Task.sleep(for: style == .json ? .milliseconds(50) : .milliseconds(250))
        }
    }

    /// Shows the final state, and takes the line off a terminal.
    func finish() {
        switch style {
        case .json: show(progress.counts)
        case .auto where isTerminal: StandardError.clearLine()
        case .auto, .none: break
        }
    }

    private func show(_ counts: [String: Int]) {
        switch style {
        case .json: StandardError.write(json(counts) + "\n")
        case .auto: StandardError.showLine(line(counts))
        case .none: break
        }
    }

    private var seconds: Double { (ContinuousClock.now - started) / .seconds(1) }

    private func json(_ counts: [String: Int]) -> String {
        let fields =
            ["\"elapsed_seconds\": \(String(format: "%.3f", seconds))"]
            + counts.sorted { $0.key < $1.key }.map { "\"\($0.key)\": \($0.value)" }
        return "{\(fields.joined(separator: ", "))}"
    }

    private func line(_ counts: [String: Int]) -> String {
        let suffix = "_acknowledged"
        let parts = counts.sorted { $0.key < $1.key }.compactMap { name, count -> String? in
            if name.hasSuffix(suffix) { return recorded(String(name.dropLast(suffix.count)), count) }
            return name.hasSuffix("_appended") ? nil : "\(name.replacing("_", with: " ")) \(count)"
        }
        return parts.isEmpty ? "starting" : parts.joined(separator: " · ")
    }

    /// How far a topic has been recorded: rate and time left as long as more is to come.
    private func recorded(_ topic: String, _ count: Int) -> String {
        let pace = Pace(count, in: max(seconds, 0.001))
        guard let total = progress.properties[topic].flatMap(Int.init), count <= total else {
            return "\(topic) \(count), \(Int(pace.rate))/s"
        }
        return "\(topic) \(count)/\(total)" + (pace.left(of: total).map { ", \(Int(pace.rate))/s, \($0)" } ?? "")
    }
}
