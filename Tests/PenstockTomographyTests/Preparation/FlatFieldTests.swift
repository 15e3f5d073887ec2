import PenstockEngine
import PenstockEvents
import Testing

@testable import PenstockTomography

/// Expected values are (I - D) / (F - D) by hand.
@Suite struct FlatFieldTests {
    // Means: flat 120 and 60, dark 20 and 10.
    private static let references: [(FrameKind, [Double])] = [
        (.dark, [10, 10]), (.dark, [30, 10]), (.flat, [110, 60]), (.flat, [130, 60]),
    ]

    private static func begin(_ type: PixelType = .u16, scan: UInt64 = 1) -> [Frame] {
        references.map { Frame.row($0.0, $0.1, type: type, scan: scan) }
    }

    private func values(_ projections: [Projection]) -> [[Float]] { projections.map(\.values.floats) }

    @Test("projections become parts of the beam, for every type of pixels", arguments: PixelType.allCases)
    func normalises(type: PixelType) throws {
        let driver = StageDriver(FlatField())
        let counts: [[Double]] = [[70, 35], [120, 60], [20, 10], [145, 5]]
        let frames = counts.indices.map {
            Frame.row(.projection, counts[$0], type: type, index: $0, angle: Double($0))
        }
        let projections = try driver.process(Self.begin(type) + frames)
        #expect(values(projections) == [[0.5, 0.5], [1, 1], [0, 0], [1.25, -0.1]])
        #expect(projections.map(\.index) == [0, 1, 2, 3])
        #expect(projections.map(\.angleDegrees) == [0, 1, 2, 3])
        #expect(projections.allSatisfy { $0.scan == ScanID(1) && $0.rows == 1 && $0.columns == 2 && $0.centre == nil })
        #expect(driver.reported.isEmpty)
    }

    @Test("flats and darks that come again behind a projection replace those before", arguments: [1, 2])
    func again(projections count: Int) throws {
        let driver = StageDriver(FlatField())
        let before = (0..<count).map { Frame.row(.projection, [70, 35], index: $0) }
        _ = try driver.process(Self.begin() + before)
        let later = try driver.process([
            .row(.flat, [220, 110]), .row(.projection, [120, 60], index: 2), .row(.dark, [120, 10]),
            .row(.projection, [170, 60], index: 3),
        ])
        #expect(values(later) == [[0.5, 0.5], [0.5, 0.5]])
    }

    @Test("a scan without darks is normalised with a dark level of 0, and that is said")
    func noDarks() throws {
        let driver = StageDriver(FlatField())
        #expect(values(try driver.process([.row(.flat, [200, 50]), .row(.projection, [50, 50])])) == [[0.25, 1]])
        #expect(driver.reported == [.warning("the scan has no darks: a dark level of 0 was assumed")])
    }

    @Test("a projection before any flat, and flats darker than the darks, end the run")
    func flatless() {
        #expect(throws: TomographyError.noFlats(projection: 7)) {
            try StageDriver(FlatField()).process([.row(.dark, [1]), .row(.projection, [5], index: 7)])
        }
        #expect(throws: TomographyError.flatsNotBrighter) {
            try StageDriver(FlatField()).process([.row(.dark, [9]), .row(.flat, [9]), .row(.projection, [5])])
        }
        // The flats of one scan are not those of the next.
        #expect(throws: TomographyError.noFlats(projection: 0)) {
            try StageDriver(FlatField()).process(Self.begin() + [.row(.projection, [5, 5], scan: 2)])
        }
    }

    @Test("frames of another size end the run")
    func shapes() {
        #expect(throws: TomographyError.shapeChanged(kind: "flat", index: 1)) {
            try StageDriver(FlatField()).process([.row(.flat, [9, 9]), .row(.flat, [9], index: 1)])
        }
        #expect(throws: TomographyError.shapeChanged(kind: "dark", index: 2)) {
            try StageDriver(FlatField()).process([.row(.dark, [9, 9]), .row(.dark, [9], index: 2)])
        }
        #expect(throws: TomographyError.shapeChanged(kind: "projection", index: 3)) {
            try StageDriver(FlatField()).process(Self.begin() + [.row(.projection, [9], index: 3)])
        }
    }

    @Test("a pixel that is no number ends the run, or counts as air with a warning where that was asked for")
    func nonFinite() throws {
        let frames = Self.begin(.f32) + [.row(.projection, [.nan, 35], type: .f32, index: 4)]
        #expect(throws: TomographyError.nonFinitePixels(projection: 4, count: 1)) {
            try StageDriver(FlatField()).process(frames)
        }
        let driver = StageDriver(FlatField(allowsNonFinite: true))
        let projections = try driver.process(frames)
        #expect(projections[0].values.floats[0].isNaN && projections[0].values.floats[1] == 0.5)
        #expect(driver.reported.count == 1)
        #expect(try StageDriver(MinusLog()).process(projections)[0].values.floats[0] == 0)
    }

    @Test(
        "dead pixels are those of the flats that a projection is normalised by",
        arguments: [FlatTiming.latest, .interpolated])
    func dead(timing: FlatTiming) throws {
        let driver = StageDriver(FlatField(timing: timing))
        // Dead are the first pixel with the first flats, the last one with the second.
        let frames: [Frame] = [
            .row(.dark, [10, 10, 10]), .row(.flat, [10, 20, 20]), .row(.projection, [0, 15, 20]),
            .row(.flat, [20, 20, 10]), .row(.projection, [20, 15, 0], index: 1),
            .row(.flat, [20, 20, 10]), .row(.projection, [20, 15, 0], index: 2),
        ]
        let projections = try driver.process(frames) + driver.finish()
        let expected: [[Float]] = [[0.5, 0.5, 1], [1, 0.5, 0.5], [1, 0.5, 0.5]]
        if timing == .latest { #expect(values(projections) == expected) }
        #expect(values(projections).dropFirst() == expected.dropFirst())
        // Of each set; the last two in the same words, which a run says once.
        #expect(driver.reported.count == 3 && Set(driver.reported).count == 2)
    }

    @Test("counts that are not above the darks are told of at the end of the scan")
    func darkCounts() throws {
        let driver = StageDriver(FlatField())
        _ = try driver.process(Self.begin() + [.row(.projection, [20, 35]), .row(.projection, [120, 60], index: 1)])
        try driver.restore()
        _ = try driver.process([.row(.projection, [0, 5], index: 2)])
        #expect(driver.reported.isEmpty)
        _ = try driver.control(.scanEnd(ScanEnd(scan: ScanID(1), eventCount: 7)))
        _ = try driver.finish()
        #expect(
            driver.reported == [
                .warning(
                    "3 counts are not above the darks, in 2 projections: they are taken for the least transmission, and a "
                        + "larger --floor, such as 0.01, makes less of them")
            ])
    }

    @Test("travel counts from the first angle in the direction in which the stage began to turn")
    func travel() throws {
        let cases: [([Double], [Double])] = [
            ([10, 12, 14, 9], [0, 2, 4, -1]), ([10, 8, 6, 11], [0, 2, 4, -1]), ([370, 370, 371], [0, 0, 1]),
        ]
        for (angles, expected) in cases {
            let frames = angles.map { Frame.row(.projection, [70, 35], angle: $0) }
            #expect(try StageDriver(FlatField()).process(Self.begin() + frames).map(\.travelDegrees) == expected)
        }
    }

    @Test("batches do not matter, and a state that was written down goes on as if nothing had happened")
    func snapshot() throws {
        let projections = (0..<6).map { Frame.row(.projection, [70, 35], index: $0, angle: 10 - Double($0)) }
        var frames = Self.begin() + projections[..<3]
        frames += [Frame.row(.flat, [220, 110]), Frame.row(.flat, [230, 120])]
        frames += projections[3...]
        let whole = try StageDriver(FlatField()).process(frames)
        let driver = StageDriver(FlatField())
        var parts: [Projection] = []
        for frame in frames {
            parts += try driver.process([frame])
            try driver.restore()
        }
        #expect(values(parts) == values(whole))
        #expect(parts.map(\.travelDegrees) == whole.map(\.travelDegrees))
        #expect(whole.map(\.travelDegrees) == [0, 1, 2, 3, 4, 5])
    }
}
