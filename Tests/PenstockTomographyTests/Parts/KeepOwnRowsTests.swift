import PenstockEvents
import Testing

@testable import PenstockTomography

@Suite struct KeepOwnRowsTests {
    private static let start = ControlRecord.scanStart(
        ScanStart(scan: ScanID(1), properties: ["rows": "14", "detector_rows": "20"]))

    /// A projection of two columns whose row r holds r.
    private static func projection(rows: Range<Int>) -> Projection {
        var projection = Projection.row(rows.flatMap { [Float($0), Float($0)] }, rows: rows.count)
        projection.firstRow = rows.lowerBound
        return projection
    }

    @Test("a projection keeps the rows of its part, also after a restart")
    func keeps() throws {
        let driver = StageDriver(KeepOwnRows(PartRows(DetectorPart(2, of: 2))))
        _ = try driver.control(Self.start)
        try driver.restore()
        let kept = try driver.process([Self.projection(rows: 6..<20), Self.projection(rows: 10..<20)])
        for projection in kept {
            #expect(projection.firstRow == 10 && projection.rows == 10 && projection.columns == 2)
            #expect(projection.values.floats == (10..<20).flatMap { [Float($0), Float($0)] })
        }
        #expect(throws: TomographyError.rowOutside(19, rows: 10..<18)) {
            try driver.process([Self.projection(rows: 10..<18)])
        }
    }
}
