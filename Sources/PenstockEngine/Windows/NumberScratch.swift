/// The numbers that an aggregate takes from a batch, in memory that is used again for the next batch.
struct NumberScratch {
    private var integers: Column<Int64>?
    private var floats: Column<Double>?
    /// Stands for the numbers of an aggregate that takes none.
    private let none = Column<Int64>(capacity: 1)

    /// The numbers of a batch, each at its row's place; valid until the next call.
    mutating func numbers<Number: BitwiseCopyable>(
        of type: Number.Type, _ kernel: NumberKernel?, _ batch: Batch, _ stage: StageName
    ) throws -> UnsafePointer<Number> {
        guard let kernel else {
            return UnsafeRawPointer(none.values).assumingMemoryBound(to: Number.self)
        }
        return try values(kernel, batch, batch.rows, stage).assumingMemoryBound(to: Number.self)
    }

    /// What an aggregate adds of some rows of a batch, each at its row's place: numbers taken from the values, or the values themselves.
    mutating func values(
        _ kernel: NumberKernel?, _ batch: Batch, _ rows: Rows, _ stage: StageName
    ) throws -> UnsafeRawPointer {
        switch kernel?.form {
        case .integers(let run):
            let column = Self.column(&integers, batch.rowCount)
            try run(rows, batch.values.base, column.values).throwIfFailed(stage, batch, rows)
            return UnsafeRawPointer(column.values)
        case .floats(let run):
            let column = Self.column(&floats, batch.rowCount)
            try run(rows, batch.values.base, column.values).throwIfFailed(stage, batch, rows)
            return UnsafeRawPointer(column.values)
        case nil: return UnsafeRawPointer(batch.values.base)
        }
    }

    private static func column<Element: BitwiseCopyable>(_ kept: inout Column<Element>?, _ rows: Int) -> Column<Element>
    {
        if let kept, kept.capacity >= rows { return kept }
        let column = Column<Element>(capacity: rows)
        kept = column
        return column
    }
}
