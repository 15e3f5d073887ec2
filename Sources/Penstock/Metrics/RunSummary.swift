internal import PenstockEngine
internal import PenstockEvents

/// What of the figures a person should know at the end of a run: nothing where all is well.
struct RunSummary {
    private let figures: RunFigures
    private let before: RunFigures?

    /// What is to say of figures, and of what has come since those before.
    init(_ figures: RunFigures, since before: RunFigures? = nil) {
        self.figures = figures
        self.before = before
    }

    /// What does not belong to the results: who held time back, what was still open.
    var lines: [String] { open + waits }

    /// For each operator with open windows: how many, until when, and who holds the watermark.
    private var open: [String] {
        figures.stages.flatMap { stage in
            stage.operators.filter { $0.openWindows > 0 }.map { step in
                let windows = step.openWindows == 1 ? "1 window" : "\(step.openWindows) windows"
                let first = step.firstEnd.map { ", the first until \(FigureText.time($0))" } ?? ""
                let watermark =
                    stage.watermark == .distantPast
                    ? "no watermark yet" : "the watermark is at \(FigureText.time(stage.watermark))"
                return "\(step.name): \(windows) still open\(first); \(watermark)"
                    + (why(stage).map { ", \($0)" } ?? "")
            }
        }
    }

    /// For each stage whose watermark stands still: who holds it, and why. Stages that are held alike share a line.
    var holds: [String] {
        var stages: [String: [Int]] = [:]
        var order: [String] = []
        for stage in figures.stages {
            guard isHeld(stage), let text = why(stage) else { continue }
            if stages[text] == nil { order.append(text) }
            stages[text, default: []].append(stage.index)
        }
        return order.map { text in
            let numbers = stages[text, default: []]
            let list = numbers.map(String.init).joined(separator: ", ")
            return "stage\(numbers.count == 1 ? "" : "s") \(list): \(text)"
        }
    }

    private func why(_ stage: StageFigures) -> String? {
        switch stage.hold?.reason {
        case nil, .reading, .queued:
            if figures.isOver { return "the run was stopped before it came further" }
        case .noRecordYet, .quiet, .paused, .blocked: break
        }
        return stage.hold.map { "held by \($0.partition): \($0.reason.text)" }
    }

    private func isHeld(_ stage: StageFigures) -> Bool {
        guard let hold = stage.hold else { return false }
        // What moves is not held; in the first figures that cannot be told, and only what nothing has come from is.
        guard let before else { return hold.reason == .noRecordYet }
        return before.stages[stage.index].watermark == stage.watermark
    }

    /// The partitions for which others had to wait for a good part of the run.
    private var waits: [String] {
        figures.stages.compactMap { stage in
            let waited = stage.partitions.filter { $0.paused > figures.elapsed / 10 }
            guard !waited.isEmpty, let holder = stage.partitions.max(by: { $0.held < $1.held }) else { return nil }
            let longest = waited.map(\.paused).max() ?? .zero
            let whom = waited.map { "\($0.name.partition)" }.joined(separator: ", ")
            return "\(holder.name) held the others back for \(FigureText.duration(holder.held)) of "
                + "\(FigureText.duration(figures.elapsed)): partition\(waited.count == 1 ? "" : "s") \(whom), ahead of it by up to "
                + "\(FigureText.duration(holder.largestLead)), waited up to \(FigureText.duration(longest))"
        }
    }

    /// Late and other events that an operator did not take; nil where there are none.
    static func asides(_ step: OperatorFigures) -> String? {
        let counts = [
            (step.statistics.lateEvents, "late"), (step.statistics.lateWindows, "windows missed"),
            (step.statistics.outsideEvents, "outside"), (step.statistics.futureEvents, "in the future"),
        ]
        let parts = counts.filter { $0.0 > 0 }.map { "\($0.0) \($0.1)" }
        return parts.isEmpty ? nil : "\(step.name): \(parts.joined(separator: ", "))\(origins(step) ?? "")"
    }

    /// How many answers were remembered, and how many were not; nil for a stage that remembers none.
    static func answers(_ statistics: OperatorStatistics) -> String? {
        let (remembered, asked) = (statistics.rememberedEvents, statistics.askedEvents)
        guard remembered + asked > 0 else { return nil }
        return "\(remembered) answer\(remembered == 1 ? "" : "s") remembered, \(asked) computed"
    }

    /// From which partitions late events came, where there are several.
    static func origins(_ step: OperatorFigures) -> String? {
        let parts = step.lateByPartition.sorted { $0.key < $1.key }
        guard parts.count > 1 || parts.contains(where: { $0.key.partition > 0 }) else { return nil }
        if parts.count == 1 { return " (from \(parts[0].key))" }
        return " (" + parts.map { "\($0.value) from \($0.key)" }.joined(separator: ", ") + ")"
    }

    /// The checkpoints in a line.
    static func text(_ checkpoints: CheckpointFigures) -> String {
        guard checkpoints.kept > 0 else {
            return "no checkpoint kept" + (checkpoints.abandoned > 0 ? ", \(checkpoints.abandoned) abandoned" : "")
        }
        return "\(checkpoints.kept) checkpoint\(checkpoints.kept == 1 ? "" : "s") kept, the last of "
            + "\(FigureText.bytes(checkpoints.lastBytes)) in \(FigureText.duration(checkpoints.lastDuration)), the longest in "
            + FigureText.duration(checkpoints.longestDuration)
            + (checkpoints.abandoned > 0 ? "; \(checkpoints.abandoned) abandoned" : "")
    }
}
