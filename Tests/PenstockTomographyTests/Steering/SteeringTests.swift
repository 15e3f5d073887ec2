import PenstockEvents
import Testing

@testable import PenstockEngine
@testable import PenstockTomography

@Suite struct SteeringTests {
    private static func steering(centre: Double? = nil, slices: String? = nil, stops: Bool = false) -> Steering {
        var steering = Steering()
        steering.centre = centre
        steering.slices = slices.flatMap { RowSelection(argument: $0) }
        steering.stops = stops
        return steering
    }

    @Test(
        "a steering comes back from its text, and as a frame among others",
        arguments: [
            steering(), steering(centre: 296.5), steering(centre: 0.1 + 0.2, slices: "30,67-70"),
            steering(slices: "all", stops: true), steering(stops: true),
        ])
    func text(steering: Steering) {
        var steering = steering
        steering.id = 17
        #expect(Steering(steering.description) == steering)
        let frame = Frame(steering, scan: ScanID(3), before: 40)
        #expect(frame.kind == .steering && frame.index == 40 && !frame.countsInProgress)
        #expect(frame.steering == steering)
    }

    @Test(
        "what is no steering is refused",
        arguments: ["centre=", "centre=nan", "slices=3-1", "speed=2", "id=-1", "centre"])
    func refused(text: String) {
        #expect(Steering(text) == nil)
        #expect(Frame.row(.flat, [1, 2]).steering == nil)
    }

    @Test("later changes replace earlier ones, and what they do not name stays")
    func changes() {
        let first = Self.steering(centre: 20, slices: "3")
        let second = first.changed(by: Self.steering(centre: 21))
        #expect(second.changes == "centre=21.0 slices=3")
        #expect(second.changed(by: Self.steering(stops: true)).changes == "centre=21.0 slices=3 stop")
    }

    private func frame(_ steering: Steering, before index: Int) -> Frame {
        Frame(steering, scan: ScanID(1), before: index)
    }

    @Test(
        "projections behind a steering carry it, also those that wait for flats, and over a restart",
        arguments: FlatTiming.allCases)
    func flatField(timing: FlatTiming) throws {
        let driver = StageDriver(FlatField(timing: timing))
        var projections = try driver.process([
            .row(.flat, [2, 2]), .row(.projection, [1, 1], index: 0),
            frame(Self.steering(centre: 5), before: 1), .row(.projection, [1, 1], index: 1),
        ])
        try driver.restore()
        projections += try driver.process([
            frame(Self.steering(slices: "0"), before: 2), .row(.projection, [1, 1], index: 2),
        ])
        projections += try driver.finish()
        #expect(projections.map(\.steering.changes) == ["", "centre=5.0", "centre=5.0 slices=0"])
        #expect(
            driver.reported.contains(.fact(name: "steered_at_projection_00001", value: "centre=5.0"))
                && driver.reported.contains(.fact(name: "steered_at_projection_00002", value: "centre=5.0 slices=0")))
    }

    @Test("the centre moves with a steering; one that is not on the detector changes nothing and is told")
    func centre() throws {
        let driver = StageDriver(FindCentre(.column(30)))
        var projections = Projection.phantomScan(angles: 4)
        projections[1].steering = Self.steering(centre: 31.5)
        projections[2].steering = Self.steering(centre: 64)
        projections[3].steering = Self.steering(centre: 64)
        let first = try driver.process(Array(projections[..<3])).map(\.centre)
        try driver.restore()
        #expect(try first + driver.process([projections[3]]).map(\.centre) == [30, 31.5, 31.5, 31.5])
        #expect(
            driver.reported == [
                .warning(
                    "at projection 2: the rotation centre 64.0 is not on the detector, whose columns are 0 to 63; it stays where it was"
                )
            ])
    }

    @Test("a steering ends the search for the centre: what waits goes on with the steered one")
    func search() throws {
        let driver = StageDriver(FindCentre(.automatic))
        var projections = Projection.phantomScan(angles: 90)
        #expect(try driver.process(Array(projections[..<40])).isEmpty)
        projections[40].steering = Self.steering(centre: 33)
        let placed = try driver.process([projections[40]])
        #expect(placed.map(\.index) == Array(0...40) && placed.allSatisfy { $0.centre == 33 })
        let told = try StageDriver(CentreOfScan()).process(
            projections.prefix(3).enumerated().map { number, projection in
                var projection = projection
                projection.centre = number < 2 ? 33 : 34
                return projection
            })
        #expect(told.map(\.column) == [33, 34])
    }

    @Test("windows take the centre and the slices that the newest projection was steered to")
    func windows() throws {
        let steered = WindowDriver(Reconstruct(early: .all))
        var projections = Projection.phantomScan(
            angles: 30, columns: 32, rows: 4, centre: 16, radiusPixels: 12, knowsCentre: true)
        projections[29].centre = 17
        projections[29].steering = Self.steering(slices: "1,3")
        try steered.add(projections)
        let pane = WindowPane(index: 0, count: 30, isComplete: true, isLast: true, time: Timestamp(nanoseconds: 1))
        let slices = try steered.emit(pane)
        #expect(
            slices.map(\.row) == [1, 3] && slices.map(\.slice) == [0, 1] && slices.allSatisfy { $0.sliceCount == 2 })
        let given = WindowDriver(Reconstruct())
        for place in projections.indices {
            projections[place].centre = 17
            projections[place].steering = Steering()
        }
        try given.add(projections)
        let expected = try given.emit(pane)
        #expect(slices.map(\.pixels.floats) == [1, 3].map { expected[$0].pixels.floats })
    }

    @Test("slices that the detector does not have leave the slices as they were asked for, and that is told")
    func slicesOutside() throws {
        let driver = WindowDriver(Reconstruct())
        var projections = Projection.phantomScan(
            angles: 10, columns: 32, rows: 2, centre: 16, radiusPixels: 12, knowsCentre: true)
        projections[9].steering = Self.steering(slices: "7")
        try driver.add(projections)
        let pane = WindowPane(index: 0, count: 10, isComplete: true, isLast: true, time: Timestamp(nanoseconds: 1))
        #expect(try driver.emit(pane).map(\.row) == [0, 1])
        #expect(
            driver.reported.first
                == .warning(
                    "at projection 9: row 7 is not on the detector, whose rows are 0 to 1; the slices stay as they were asked for"
                ))
    }
}
