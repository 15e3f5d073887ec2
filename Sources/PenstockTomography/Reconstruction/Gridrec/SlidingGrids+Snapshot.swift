internal import PenstockEvents

extension SlidingGrids {
    /// Writes the grids and what is in them, as `recordCount` records.
    func snapshot(into records: inout RecordWriter) {
        records.append(
            Beginning(centre: centre, grids: grids.count, weights: weights.count, left: left.count))
        records.append(Weights(values: weights + left.map(\.weight)))
        for (projection, _) in left { records.append(projection) }
        for (pair, grid) in grids.sorted(by: { $0.key < $1.key }) {
            records.append(
                Cells(
                    pair: pair, columns: grid.grid.layout.columns, isSpoilt: grid.isSpoilt, bytes: grid.grid.copiedBytes
                ))
        }
    }

    /// Brings back what `snapshot` wrote, from the front of `records`, and takes it off.
    init(restoring records: inout ArraySlice<RecordReader>) throws(RecordError) {
        func next<Value: Event>(_ type: Value.Type) throws(RecordError) -> Value {
            guard var record = records.popFirst() else { throw .invalidField("grids of a window") }
            return try Value(reading: &record)
        }
        let beginning = try next(Beginning.self)
        let values = try next(Weights.self).values
        guard values.count == beginning.weights + beginning.left else { throw .invalidField("weights of a window") }
        centre = beginning.centre
        weights = Array(values[..<beginning.weights])
        for weight in values[beginning.weights...] { left.append((try next(Projection.self), weight)) }
        for _ in 0..<beginning.grids {
            let cells = try next(Cells.self)
            grids[cells.pair] = PairGrid(
                try GridrecGrid(columns: cells.columns, bytes: cells.bytes), isSpoilt: cells.isSpoilt)
        }
    }

    /// How much follows.
    private struct Beginning: Event {
        let centre: Double
        let grids: Int
        let weights: Int
        let left: Int
        static let schema = Schema(
            "Grids",
            fields: [
                .init("centre", .f64, unit: "column"), .init("grids", .u64), .init("weights", .u64),
                .init("left", .u64),
            ])

        init(centre: Double, grids: Int, weights: Int, left: Int) {
            (self.centre, self.grids, self.weights, self.left) = (centre, grids, weights, left)
        }

        func write(to record: inout RecordWriter) {
            record.append(centre)
            for count in [grids, weights, left] { record.append(UInt64(count)) }
        }

        init(reading record: inout RecordReader) throws(RecordError) {
            centre = try record.readDouble()
            grids = try record.readCount()
            weights = try record.readCount()
            left = try record.readCount()
        }
    }

    /// The weights of the projections in the grids: those in the window, and those that left.
    private struct Weights: Event {
        let values: [Float]
        static let schema = Schema("Weights", fields: [], payload: .init("values", .f32))

        init(values: [Float]) { self.values = values }

        func write(to record: inout RecordWriter) {
            record.setPayload(values.withUnsafeBytes { Payload(copying: $0) })
        }

        init(reading record: inout RecordReader) throws(RecordError) {
            values = record.payload.withValues(of: Float.self) { Array($0) }
        }
    }

    /// The cells of a pair's grid.
    private struct Cells: Event {
        let pair: Int
        let columns: Int
        let isSpoilt: Bool
        let bytes: Payload
        static let schema = Schema(
            "Grid", fields: [.init("pair", .u64), .init("columns", .u64), .init("is_spoilt", .u8)],
            payload: .init("cells", .f32))

        init(pair: Int, columns: Int, isSpoilt: Bool, bytes: Payload) {
            (self.pair, self.columns, self.isSpoilt, self.bytes) = (pair, columns, isSpoilt, bytes)
        }

        func write(to record: inout RecordWriter) {
            record.append(UInt64(pair))
            record.append(UInt64(columns))
            record.append(UInt8(isSpoilt ? 1 : 0))
            record.setPayload(bytes)
        }

        init(reading record: inout RecordReader) throws(RecordError) {
            pair = try record.readCount()
            columns = try record.readCount()
            isSpoilt = try record.readInteger(UInt8.self) == 1
            bytes = record.payload
        }
    }
}

extension RecordReader {
    /// A number of things, of at most 2^32.
    fileprivate mutating func readCount() throws(RecordError) -> Int {
        let value = try readInteger(UInt64.self)
        guard value <= UInt64(UInt32.max) else { throw .invalidField("number of things in a window") }
        return Int(value)
    }
}

extension GridrecGrid {
    /// All cells, as bytes.
    fileprivate var copiedBytes: Payload { Payload(copying: UnsafeRawBufferPointer(bytes)) }

    /// The grid of a detector of some columns with these cells.
    fileprivate init(columns: Int, bytes cells: Payload) throws(RecordError) {
        guard (1...1 << 20).contains(columns) else { throw .invalidField("columns of a grid") }
        let layout = GridrecLayout(columns: columns)
        guard cells.count == layout.gridBytes else { throw .invalidField("cells of a grid") }
        self.init(layout)
        let target = bytes
        cells.withUnsafeBytes { target.copyMemory(from: $0) }
    }
}
