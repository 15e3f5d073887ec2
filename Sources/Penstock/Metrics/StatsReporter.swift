internal import PenstockCommands
internal import PenstockEngine
internal import PenstockEvents

/// Shows the figures of a run now and then, and publishes them.
final class StatsReporter: Sendable {
    private struct State {
        var shown: RunFigures?
        var publisher: MetricsPublisher?
    }

    private let style: StatsStyle?
    private let interval: Duration
    private let run: PipelineRun
    private let write: @Sendable (String) -> Void
    private let state: Guarded<State>

    /// For how long stages are given time to say what they keep.
    private static let patience = Duration.milliseconds(20)

    /// Shows figures in a style, or none. They are published where there is somebody to publish to.
    init(
        _ style: StatsStyle?, every interval: Duration, _ run: PipelineRun, pipeline: String,
        write: @escaping @Sendable (String) -> Void = { StandardError.write($0) }
    ) {
        self.style = style
        self.interval = interval
        self.run = run
        self.write = write
        state = Guarded(State(publisher: MetricsPublisher.hasBackend ? MetricsPublisher(pipeline) : nil))
    }

    /// Shows and publishes figures until the task is cancelled.
    func follow() async {
        guard style != nil || MetricsPublisher.hasBackend else { return }
        while true {
            do {
                try await Task.sleep(for: max(interval - Self.patience, .zero))
                run.refreshStates()
                try await Task.sleep(for: Self.patience)
            } catch { return }
            if let figures = run.figures { tell(figures) }
        }
    }

    /// Shows and publishes the last figures.
    func finish() {
        if let figures = run.figures { tell(figures) }
    }

    private func tell(_ figures: RunFigures) {
        let before = state.withLock { state in
            state.publisher?.publish(figures)
            defer { state.shown = figures }
            return state.shown
        }
        switch style {
        case .stats:
            let table = StatsTable(figures, since: figures.isOver ? nil : before)
            write(table.lines.joined(separator: "\n") + "\n")
        case .statsJson: write(StatsObject(figures).line + "\n")
        case nil: break
        }
    }
}
