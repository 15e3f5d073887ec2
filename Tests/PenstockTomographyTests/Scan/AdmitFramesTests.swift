import PenstockEngine
import PenstockEvents
import Testing

@testable import PenstockTomography

@Suite struct AdmitFramesTests {
    private static func start(_ properties: [String: String] = [:]) -> ControlRecord {
        .scanStart(ScanStart(scan: ScanID(1), properties: properties))
    }
    private static let end = ControlRecord.scanEnd(ScanEnd(scan: ScanID(1), eventCount: 0))

    /// A frame whose pixels in row r are 10 r and 10 r + 1.
    private static func frame(rows: Range<Int>, index: Int = 0) -> Frame {
        Frame(
            scan: ScanID(1), kind: .projection, index: index, angleDegrees: 0, rows: rows.count, columns: 2,
            firstRow: rows.lowerBound, pixelType: .u16, pixels: Payload(counts(rows)))
    }

    private static func counts(_ rows: Range<Int>) -> [UInt16] {
        rows.flatMap { row -> [UInt16] in [UInt16(10 * row), UInt16(10 * row + 1)] }
    }

    @Test("projections that are zero everywhere are left out, and told of at the end; darks may be zero")
    func blank() throws {
        let driver = StageDriver(AdmitFrames())
        _ = try driver.control(Self.start())
        let frames: [Frame] = [
            .row(.dark, [0, 0]), .row(.projection, [5, 0], index: 0), .row(.projection, [0, 0], index: 1),
            .row(.projection, [0, 3], index: 2), .row(.projection, [0, 0], index: 3),
        ]
        var passed: [Int] = []
        for frame in frames {
            passed += try driver.process([frame]).map(\.index)
            try driver.restore()
        }
        #expect(passed == [0, 0, 2])
        #expect(driver.reported.isEmpty)
        _ = try driver.control(Self.end)
        #expect(
            driver.reported == [
                .warning(
                    "2 projections between 1 and 3 are zero everywhere and were left out: was the scan broken off, or the "
                        + "beam away?")
            ])
    }

    @Test("pixels at the largest number of their type are counted", arguments: [PixelType.u8, .u16, .u32])
    func saturated(type: PixelType) throws {
        let most = type == .u8 ? 255.0 : type == .u16 ? 65_535 : 4_294_967_295
        let driver = StageDriver(AdmitFrames())
        let frames: [Frame] = [
            .row(.flat, [most, 9, 9], type: type), .row(.dark, [most, 9, 9], type: type),
            .row(.projection, [most, most, 9], type: type), .row(.projection, [9, 9, most - 1], type: type),
        ]
        #expect(try driver.process(frames).count == 4)
        _ = try driver.finish()
        #expect(driver.reported.count == 2)
        guard case .warning(let flats) = driver.reported[0], case .warning(let projections) = driver.reported[1] else {
            Issue.record("no warnings")
            return
        }
        #expect(flats.hasPrefix("the flats have 1 saturated pixel:"))
        #expect(projections.hasPrefix("1 projection has 2 saturated pixels,"))
    }

    @Test("frames of all rows are cut to those that the part reads; frames of the part stay as they are")
    func part() throws {
        let rows = PartRows(DetectorPart(2, of: 2))
        let whole = StageDriver(AdmitFrames(rows))
        _ = try whole.control(Self.start(["rows": "20"]))
        let cut = try whole.process([Self.frame(rows: 0..<20)])[0]
        // 20 rows are ten pairs, rows 10 to 19 the last five; four more above them for dead rows.
        #expect(cut.firstRow == 6 && cut.rows == 14)
        #expect(cut.pixels.withValues(of: UInt16.self) { Array($0) } == Self.counts(6..<20))
        let recorded = StageDriver(AdmitFrames(rows))
        _ = try recorded.control(Self.start(["rows": "14", "part": "2/2", "detector_rows": "20"]))
        #expect(try recorded.process([Self.frame(rows: 6..<20)])[0].rows == 14)
        #expect {
            try recorded.process([Self.frame(rows: 8..<20)])
        } throws: { error in
            (error as? TomographyError)?.summary
                == "with these options part 2/2 needs the rows 6-19, but 8-19 were recorded"
        }
    }

    @Test("a part that was recorded is not taken for another one, nor for the whole")
    func otherPart() throws {
        let start = Self.start(["rows": "14", "part": "2/2", "detector_rows": "20"])
        #expect(throws: TomographyError.otherPart(recorded: "2/2", wanted: nil)) {
            try StageDriver(AdmitFrames()).control(start)
        }
        #expect(throws: TomographyError.otherPart(recorded: "2/2", wanted: "1/2")) {
            try StageDriver(AdmitFrames(PartRows(DetectorPart(1, of: 2)))).control(start)
        }
        #expect(throws: TomographyError.detectorUnknown) {
            try StageDriver(AdmitFrames(PartRows(DetectorPart(1, of: 2)))).control(Self.start())
        }
    }

    @Test("a scan with more angles than projections was broken off")
    func surplus() throws {
        let driver = StageDriver(AdmitFrames())
        _ = try driver.control(Self.start(["projections": "40", "surplus_angles": "20"]))
        #expect(
            driver.reported == [
                .warning(
                    "the scan has 40 projections and 20 angles more: it was taken as broken off, and the last angles were left "
                        + "out")
            ])
    }
}
