public import PenstockEvents

/// A projection on its way to a reconstruction: transmission after `FlatField`, attenuation after `MinusLog`.
public struct Projection: Sendable {
    /// The scan.
    public var scan: ScanID
    /// The number of the projection in the scan, from 0.
    public var index: Int
    /// The stage angle in degrees.
    public var angleDegrees: Double
    /// How far the stage has travelled since the first projection of the scan, in degrees; negative where it went back.
    public var travelDegrees: Double
    /// The column that the rotation axis projects to, once a stage has found it.
    public var centre: Double?
    /// What the running scan was steered to before this projection; nothing where it was not.
    public var steering = Steering()
    /// The number of detector rows.
    public var rows: Int
    /// The number of detector columns.
    public var columns: Int
    /// The row of the whole detector with which the projection begins.
    public var firstRow: Int
    /// The values, float32 `[row, column]`.
    public var values: Payload

    /// A projection of `rows` x `columns` values.
    public init(
        scan: ScanID, index: Int, angleDegrees: Double, travelDegrees: Double, centre: Double? = nil,
        steering: Steering = Steering(), rows: Int, columns: Int, firstRow: Int, values: Payload
    ) {
        precondition(values.count == 4 * rows * columns, "a projection has rows x columns values")
        self.scan = scan
        self.index = index
        self.angleDegrees = angleDegrees
        self.travelDegrees = travelDegrees
        self.centre = centre
        self.steering = steering
        self.rows = rows
        self.columns = columns
        self.firstRow = firstRow
        self.values = values
    }

    /// The projection with other values of the same shape, written by `fill` from the present ones.
    func withValues(
        _ fill: (UnsafeBufferPointer<Float>, UnsafeMutableBufferPointer<Float>) -> Void
    ) -> Projection {
        var result = self
        result.values = Payload(byteCount: values.count) { bytes in
            values.withValues(of: Float.self) { fill($0, bytes.bindMemory(to: Float.self)) }
        }
        return result
    }

    /// The projection with values of another shape, written by `fill` from the present ones.
    func withValues(
        rows: Int, columns: Int, firstRow: Int,
        _ fill: (UnsafeBufferPointer<Float>, UnsafeMutableBufferPointer<Float>) -> Void
    ) -> Projection {
        var result = self
        (result.rows, result.columns, result.firstRow) = (rows, columns, firstRow)
        result.values = Payload(byteCount: 4 * rows * columns) { bytes in
            values.withValues(of: Float.self) { fill($0, bytes.bindMemory(to: Float.self)) }
        }
        return result
    }
}

extension Projection: Event {
    /// What the records of a topic or a snapshot of projections hold.
    public static let schema = Schema(
        "Projection",
        fields: [
            .init("scan", .u64), .init("index", .u64), .init("angle", .f64, unit: "deg"),
            .init("travel", .f64, unit: "deg"), .init("has_centre", .u8), .init("centre", .f64, unit: "column"),
            .init("steering", .string),
            .init("rows", .u64), .init("columns", .u64), .init("first_row", .u64),
        ], payload: .init("values", .f32, shape: [.field("rows"), .field("columns")]))

    /// Writes the attributes in the schema's order and the values as the payload.
    public func write(to record: inout RecordWriter) {
        record.append(scan.number)
        record.append(UInt64(index))
        record.append(angleDegrees)
        record.append(travelDegrees)
        record.append(UInt8(centre == nil ? 0 : 1))
        record.append(centre ?? 0)
        record.append("\(steering)")
        record.append(UInt64(rows))
        record.append(UInt64(columns))
        record.append(UInt64(firstRow))
        record.setPayload(values)
    }

    /// Reads a projection back.
    public init(reading record: inout RecordReader) throws(RecordError) {
        scan = ScanID(try record.readInteger())
        index = Int(try record.readInteger(UInt64.self))
        angleDegrees = try record.readDouble()
        travelDegrees = try record.readDouble()
        let hasCentre = try record.readInteger(UInt8.self) == 1
        let column = try record.readDouble()
        centre = hasCentre ? column : nil
        guard let steering = Steering(try record.readString()) else { throw .invalidField("steering of a projection") }
        self.steering = steering
        rows = Int(try record.readInteger(UInt64.self))
        columns = Int(try record.readInteger(UInt64.self))
        firstRow = Int(try record.readInteger(UInt64.self))
        values = record.payload
        guard values.count == 4 * rows * columns else { throw .invalidField("values of a projection") }
    }
}

extension [Projection] {
    /// Reads the projections of a window's snapshot back.
    init(restoring records: some Sequence<RecordReader>) throws(RecordError) {
        self = []
        for record in records {
            var record = record
            append(try Projection(reading: &record))
        }
    }

    /// Whether a projection may come behind these in one window.
    /// - Throws: `TomographyError.shapeChanged` where it has another size.
    func checkShape(of next: Projection) throws(TomographyError) {
        guard let first, first.rows != next.rows || first.columns != next.columns else { return }
        throw .shapeChanged(kind: "projection", index: next.index)
    }
}
