internal import PenstockEngine
internal import PenstockEvents

/// The figures of a run as a table, with rates and shares since the figures before.
struct StatsTable {
    private let figures: RunFigures
    private let before: RunFigures?

    /// A table of what has been done since `before`, or since the beginning.
    init(_ figures: RunFigures, since before: RunFigures? = nil) {
        self.figures = figures
        self.before = before
    }

    var lines: [String] {
        let title = "\(FigureText.duration(figures.elapsed))" + (figures.isOver ? ", the whole run" : "")
        var lines = ["--- \(title) ---"] + stages
        if figures.stages.contains(where: { $0.partitions.count > 1 }) { lines += partitions }
        return lines + remarks
    }

    private var stages: [String] {
        let head = [
            "STAGE", "", "IN", "OUT", "IN/S", "BYTES IN", "BUSY", "BLOCKED", "IDLE", "QUEUED", "KEYS", "STATE",
            "WATERMARK",
            "LAG",
        ]
        return Self.aligned([head] + figures.stages.map(row), leading: [1])
    }

    private func row(_ stage: StageFigures) -> [String] {
        let old = before?.stages[stage.index]
        let seconds = (figures.elapsed - (before?.elapsed ?? .zero)) / .seconds(1)
        let rate = seconds > 0 ? Double(stage.eventsIn - (old?.eventsIn ?? 0)) / seconds : 0
        let queued = figures.edges.filter { $0.to.stage == stage.index }
        let instances = stage.instances.count == 1 ? "" : " x \(stage.instances.count)"
        return [
            "\(stage.index)", stage.label + instances, FigureText.count(stage.eventsIn),
            FigureText.count(stage.eventsOut),
            FigureText.count(Int(rate)), FigureText.bytes(stage.bytesIn),
        ] + shares(stage, old) + [
            queued.isEmpty ? "-" : FigureText.count(queued.reduce(0) { $0 + $1.queued }),
            stage.stateKeys == 0 ? "-" : FigureText.count(stage.stateKeys),
            state(stage), FigureText.time(stage.watermark),
            stage.lag.map(FigureText.duration) ?? "-",
        ]
    }

    /// How many bytes of state are in memory, and how many on disk.
    private func state(_ stage: StageFigures) -> String {
        if stage.spilledBytes > 0 {
            return "\(FigureText.bytes(stage.stateBytes)) + \(FigureText.bytes(stage.spilledBytes)) on disk"
        }
        return stage.stateBytes == 0 ? "-" : FigureText.bytes(stage.stateBytes)
    }

    /// Which part of their time the instances were busy, blocked and idle.
    private func shares(_ stage: StageFigures, _ old: StageFigures?) -> [String] {
        func time(_ part: KeyPath<InstanceFigures, Duration>) -> Duration {
            let now = stage.instances.reduce(Duration.zero) { $0 + $1[keyPath: part] }
            return max(now - (old?.instances.reduce(.zero) { $0 + $1[keyPath: part] } ?? .zero), .zero)
        }
        let times = [time(\.busy), time(\.blocked), time(\.idle)]
        let whole = times.reduce(.zero, +)
        return times.map { FigureText.share($0, of: whole) }
    }

    private var partitions: [String] {
        let head = ["PARTITION", "IN", "WATERMARK", "HELD", "WAITED", "NOW"]
        let rows = figures.stages.filter { $0.partitions.count > 1 }.flatMap(\.partitions).map { partition in
            [
                "\(partition.name.stage) \(partition.name.partition)", FigureText.count(partition.events),
                FigureText.time(partition.watermark), FigureText.share(partition.held, of: figures.elapsed),
                partition.paused == .zero ? "-" : FigureText.duration(partition.paused), partition.reading.text,
            ]
        }
        return Self.aligned([head] + rows, leading: [0, 5])
    }

    private var remarks: [String] {
        var lines: [String] = []
        if !figures.isOver { lines += RunSummary(figures, since: before).holds }
        lines += figures.stages.flatMap { stage in
            stage.operators.compactMap { RunSummary.asides($0).map { "\($0)" } }
        }
        if let checkpoints = figures.checkpoints { lines.append(RunSummary.text(checkpoints)) }
        return lines
    }

    /// Rows with columns of one width, two blanks between them, numbers to the right and the columns in `leading` to the left.
    static func aligned(_ rows: [[String]], leading: Set<Int>) -> [String] {
        let widths = (rows.first ?? []).indices.map { column in rows.map { $0[column].count }.max() ?? 0 }
        return rows.map { row in
            let cells = row.indices.map { column in
                let blanks = String(repeating: " ", count: widths[column] - row[column].count)
                return leading.contains(column) ? row[column] + blanks : blanks + row[column]
            }
            var line = cells.joined(separator: "  ")
            while line.last == " " { line.removeLast() }
            return line
        }
    }
}
