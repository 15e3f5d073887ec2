import PenstockEvents

@testable import PenstockTomography

extension Payload {
    /// A payload with some values.
    init<Value: BitwiseCopyable>(_ values: [Value]) { self = values.withUnsafeBytes { Payload(copying: $0) } }

    var floats: [Float] { withValues(of: Float.self) { Array($0) } }
}

extension Frame {
    /// A frame of one row with these counts.
    static func row(
        _ kind: FrameKind, _ counts: [Double], type: PixelType = .u16, index: Int = 0, angle: Double = 0,
        scan: UInt64 = 1
    ) -> Frame {
        let pixels =
            switch type {
            case .u8: Payload(counts.map { UInt8($0) })
            case .u16: Payload(counts.map { UInt16($0) })
            case .u32: Payload(counts.map { UInt32($0) })
            case .f32: Payload(counts.map { Float($0) })
            }
        return Frame(
            scan: ScanID(scan), kind: kind, index: index, angleDegrees: angle, rows: 1, columns: counts.count,
            pixelType: type, pixels: pixels)
    }
}

extension Projection {
    /// A projection of one row, at the start of a scan.
    static func row(_ values: [Float], rows: Int = 1) -> Projection {
        Projection(
            scan: ScanID(1), index: 0, angleDegrees: 0, travelDegrees: 0, centre: nil, rows: rows,
            columns: values.count / rows, firstRow: 0, values: Payload(values))
    }

    /// Attenuations of the Shepp-Logan phantom over some degrees, the same in every row but for a factor.
    static func phantomScan(
        _ scan: UInt64 = 1, angles: Int = 90, degrees: Double = 180, columns: Int = 64, rows: Int = 1,
        centre: Double = 33.5, radiusPixels: Double = 28,
        knowsCentre: Bool = false
    ) -> [Projection] {
        let phantom = SlicePhantom(ellipses: Ellipse.sheppLogan, radiusPixels: radiusPixels)
        return (0..<angles).map { index in
            let angle = Double(index) * degrees / Double(angles)
            let row = phantom.projection(angleRadians: angle * .pi / 180, columns: columns, centre: centre)
            return Projection(
                scan: ScanID(scan), index: index, angleDegrees: angle, travelDegrees: angle,
                centre: knowsCentre ? centre : nil, rows: rows, columns: columns, firstRow: 0,
                values: Payload((0..<rows).flatMap { factor in row.map { $0 * Float(factor + 1) } }))
        }
    }
}
