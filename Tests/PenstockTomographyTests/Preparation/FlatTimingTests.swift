import PenstockEngine
import PenstockEvents
import Testing

@testable import PenstockTomography

/// In a batch the n-th event has the time n. Expected values are (I - D) / (F - D) by hand.
@Suite struct FlatTimingTests {
    /// A dark of 0, flats of 100 at the times 1 and 3, projections at 4 and 6 (and 5), flats of 200 at 7 and 9.
    private static let frames: [Frame] = [
        .row(.dark, [0]), .row(.flat, [100]), .row(.dark, [0]), .row(.flat, [100]), .row(.projection, [100], index: 0),
        .row(.projection, [100], index: 1), .row(.projection, [100], index: 2), .row(.flat, [200]), .row(.dark, [0]),
        .row(.flat, [200]),
    ]

    private func values(_ projections: [Projection]) -> [Float] { projections.map { $0.values.floats[0] } }

    private func interpolated(mostWaiting: Int = 100) -> StageDriver<FlatField> {
        StageDriver(
            FlatField(average: .mean, timing: .interpolated, allowsNonFinite: false, mostWaiting: mostWaiting))
    }

    @Test("between two sets the flat goes linearly with the time, and projections wait for the second set to be whole")
    func interpolates() throws {
        let driver = interpolated()
        #expect(try driver.process(Self.frames).isEmpty)
        // The means of the times are 2 and 8: at 4, 5, 6 the flats are 100 + 100/3, 150 and 100 + 200/3.
        let released = try driver.process([.row(.projection, [100], index: 3)])
        #expect(released.map(\.index) == [0, 1, 2])
        for (value, expected) in zip(values(released), [0.75, 2 / 3, 0.6] as [Float]) {
            #expect(abs(value - expected) < 1e-6)
        }
        // Behind the last set the flat stays.
        #expect(try values(driver.finish()) == [0.5])
    }

    @Test("the end of a scan, or another scan, releases what waits: with the flats behind it, or without")
    func releases() throws {
        let end = ControlRecord.scanEnd(ScanEnd(scan: ScanID(1), eventCount: 10))
        let both = interpolated()
        _ = try both.process(Self.frames)
        #expect(try abs(values(both.control(end))[1] - 2 / 3) < 1e-6)
        let before = interpolated()
        _ = try before.process(Array(Self.frames[..<7]))
        #expect(try values(before.control(end)) == [1, 1, 1])
        let next = interpolated()
        _ = try next.process(Array(Self.frames[..<7]))
        #expect(try next.process([.row(.dark, [0], scan: 2)]).count == 3)
    }

    @Test("darks that come again are for the projections behind them")
    func darks() throws {
        let driver = interpolated()
        _ = try driver.process(Array(Self.frames[..<7]) + [.row(.dark, [50])])
        #expect(try values(driver.process([.row(.projection, [75], index: 3)])) == [1, 1, 1])
        #expect(try values(driver.finish()) == [0.5])
    }

    @Test("more projections than may wait go on by the flats before them, and that is said")
    func bounded() throws {
        let driver = interpolated(mostWaiting: 2)
        #expect(try values(driver.process(Self.frames)) == [1, 1])
        #expect(
            driver.reported == [
                .warning("more than 2 projections wait for flats: they were normalised by those before them")
            ])
        // The third one waited and has both: 0.6 as ever.
        #expect(try abs(values(driver.finish())[0] - 0.6) < 1e-6)
    }

    @Test(
        "batches do not matter, and a state that was written down while projections waited goes on",
        arguments: FrameAverage.allCases)
    func snapshot(average: FrameAverage) throws {
        let driver = StageDriver(FlatField(average: average, timing: .interpolated))
        var parts: [Float] = []
        for frame in Self.frames + [.row(.projection, [100], index: 3)] {
            parts += values(try driver.process([frame]))
            try driver.restore()
        }
        parts += values(try driver.finish())
        // Every batch has the time 0, so that no time lies between the sets.
        #expect(parts == [1, 1, 1, 0.5])
    }

    @Test("a median does not see a zinger or a moment without beam", arguments: PixelType.allCases)
    func median(type: PixelType) throws {
        let flats: [[Double]] = [[100, 60], [110, 0], [250, 62], [120, 64]]
        let frames: [Frame] =
            [.row(.dark, [10, 10], type: type)] + flats.map { .row(.flat, $0, type: type) }
            + [.row(.projection, [115, 36], type: type)]
        let driver = StageDriver(FlatField(average: .median))
        for frame in frames.dropLast() {
            _ = try driver.process([frame])
            try driver.restore()
        }
        // Medians 115 and 61: (115 - 10) / 105 and (36 - 10) / 51.
        let result = try driver.process([frames[frames.count - 1]])[0].values.floats
        #expect(result[0] == 1 && abs(result[1] - 26 / 51) < 1e-6)
    }
}
