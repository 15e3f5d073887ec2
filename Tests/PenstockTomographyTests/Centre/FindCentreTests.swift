import PenstockEngine
import PenstockEvents
import Testing

@testable import PenstockTomography

@Suite struct FindCentreTests {
    @Test("a centre that is given goes on with every projection at once; one that is not on the detector is refused")
    func given() throws {
        let driver = StageDriver(FindCentre(.column(30.25)))
        let projections = Projection.phantomScan(angles: 3)
        #expect(try driver.process(projections).map(\.centre) == [30.25, 30.25, 30.25])
        for column in [-0.5, 63.5] {
            #expect(throws: TomographyError.centreOutside(column, columns: 64)) {
                try StageDriver(FindCentre(.column(column))).process(projections)
            }
        }
    }

    @Test("projections wait until 180 degrees are there, and then carry the centre that Vo's method finds")
    func waits() throws {
        let driver = StageDriver(FindCentre(.automatic))
        let projections = Projection.phantomScan(angles: 120, degrees: 240)
        #expect(try driver.process(Array(projections[..<90])).isEmpty)
        let released = try driver.process([projections[90]])
        #expect(released.map(\.index) == Array(0...90))
        let centre = try #require(released[0].centre)
        #expect(abs(centre - 33.5) <= 0.5)
        #expect(released.allSatisfy { $0.centre == centre })
        #expect(try driver.process(Array(projections[91...])).map(\.centre) == Array(repeating: centre, count: 29))
        #expect(driver.reported.isEmpty)
    }

    @Test("the end of a scan, of the stream, or another scan releases what waits")
    func releases() throws {
        let scan = Projection.phantomScan()
        let ended = StageDriver(FindCentre(.automatic))
        #expect(try ended.process(scan).isEmpty)
        #expect(try ended.control(.scanStart(ScanStart(scan: ScanID(1)))).isEmpty)
        let end = try ended.control(.scanEnd(ScanEnd(scan: ScanID(1), eventCount: 90)))
        #expect(end.count == 90)
        #expect(abs((end[0].centre ?? 0) - 33.5) <= 0.5)
        #expect(try ended.finish().isEmpty)
        let broken = StageDriver(FindCentre(.automatic))
        #expect(try broken.process(scan).isEmpty)
        #expect(try broken.finish().map(\.centre) == end.map(\.centre))
        let next = StageDriver(FindCentre(.automatic))
        let other = Projection.phantomScan(2, centre: 30)
        #expect(try next.process(scan + other).map(\.scan) == Array(repeating: ScanID(1), count: 90))
        let second = try next.finish()
        #expect(second.count == 90 && second.allSatisfy { abs(($0.centre ?? 0) - 30) <= 0.5 })
    }

    @Test("a centre from much less than a half turn is told of, one from too few projections is refused")
    func short() throws {
        let driver = StageDriver(FindCentre(.automatic))
        _ = try driver.process(Projection.phantomScan(angles: 60, degrees: 120))
        #expect(try driver.finish().count == 60)
        #expect(
            driver.reported.contains(
                .warning("the rotation centre was looked for in 118 degrees only: it needs about 180")))
        let few = StageDriver(FindCentre(.automatic))
        _ = try few.process(Projection.phantomScan(angles: 2))
        #expect(throws: TomographyError.sinogramTooSmall(angles: 2, columns: 64)) { try few.finish() }
    }

    @Test("a state that was written down while projections waited, and after, goes on as if nothing had happened")
    func snapshot() throws {
        let projections = Projection.phantomScan(angles: 120, degrees: 240)
        let whole = try StageDriver(FindCentre(.automatic)).process(projections)
        let driver = StageDriver(FindCentre(.automatic))
        var parts: [Projection] = []
        for start in stride(from: 0, to: 120, by: 40) {
            parts += try driver.process(Array(projections[start..<start + 40]))
            try driver.restore()
        }
        #expect(parts.map(\.index) == whole.map(\.index))
        #expect(parts.map(\.centre) == whole.map(\.centre))
        #expect(parts.map(\.values.floats) == whole.map(\.values.floats))
    }

    @Test("each scan's centre is told once, also across a snapshot; projections without one are silent")
    func told() throws {
        let driver = StageDriver(CentreOfScan())
        #expect(try driver.process(Projection.phantomScan(angles: 3)).isEmpty)
        let first = try driver.process(Projection.phantomScan(angles: 3, knowsCentre: true))
        #expect(first.map(\.scan) == [1] && first.map(\.column) == [33.5])
        try driver.restore()
        let next =
            Projection.phantomScan(angles: 3, knowsCentre: true)
            + Projection.phantomScan(2, angles: 3, centre: 30, knowsCentre: true)
        let second = try driver.process(next)
        #expect(second.map(\.scan) == [2] && second.map(\.column) == [30])
        #expect(
            driver.reported == [
                .fact(name: "rotation_centre", value: "33.5"), .fact(name: "rotation_centre", value: "30.0"),
            ])
    }
}
