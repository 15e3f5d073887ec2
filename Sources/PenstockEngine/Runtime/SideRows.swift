/// Rows of a batch that leave an operator at its sides, by the reason. Of a side that nobody reads nothing is kept.
struct SideRows {
    /// The rows of each side that somebody reads.
    private var rows: [SidePort: [UInt32]] = [:]
    private var leaving: [(port: SidePort, batch: Batch)] = []

    /// Somebody reads these sides.
    mutating func connect(_ ports: Set<SidePort>) {
        for port in ports { rows[port] = [] }
    }

    /// A row of the batch that the operator is working on leaves at a side. Rows may come in any order.
    mutating func put(_ row: Int, at port: SidePort) { rows[port]?.append(UInt32(row)) }

    /// The operator is done with the batch. Its rows leave with everything that belongs to them: time, key, place and mark.
    mutating func finish(_ batch: Batch) {
        for port in SidePort.allCases {
            guard var chosen = rows[port], !chosen.isEmpty else { continue }
            chosen.sort()
            let column = Column<UInt32>(capacity: chosen.count)
            column.values.update(from: chosen, count: chosen.count)
            var side = batch
            side.selection = Selection(column, count: chosen.count)
            side.input = 0
            leaving.append((port, side))
            rows[port] = []
        }
    }

    /// What leaves next, or nil.
    mutating func take() -> (port: SidePort, batch: Batch)? { leaving.isEmpty ? nil : leaving.removeFirst() }
}

/// An operator that rows leave at its sides as they came.
protocol SidedProcessor: Processor {
    var side: SideRows { get set }
}

extension SidedProcessor {
    mutating func connect(_ sides: Set<SidePort>) { side.connect(sides) }

    mutating func takeSide() -> (port: SidePort, batch: Batch)? { side.take() }
}
