import PenstockEvents
import Testing

@testable import PenstockEngine
@testable import PenstockTomography

@Suite struct ReconstructPlanesTests {
    private static let pane = WindowPane(
        index: 2, count: 30, isComplete: true, isLast: true, time: Timestamp(nanoseconds: 5))

    @Test(
        "planes are the columns and rows of slices by filtered back-projection, for any number of threads",
        arguments: [1, 3])
    func planes(threads: Int) throws {
        let projections = Projection.phantomScan(
            angles: 30, columns: 32, rows: 5, centre: 16.3, radiusPixels: 12, knowsCentre: true)
        let driver = WindowDriver(
            ReconstructPlanes(OrthoPlanes([OrthoPlane(.x, at: 12), OrthoPlane(.y, at: 20), OrthoPlane(.x, at: 32)])),
            parallelism: threads)
        try driver.add(projections)
        try driver.restore()
        let planes = try driver.emit(Self.pane)
        #expect(planes.map(\.plane.description) == ["x:12", "y:20"])
        #expect(driver.reported == [.warning("the plane x:32 is not in slices of 32 x 32")])
        // Pixel by pixel, in double precision.
        let plain = try FilteredBackProjection(
            columns: 32, anglesRadians: projections.map { $0.angleDegrees * .pi / 180 }, centre: 16.3)
        for row in 0..<5 {
            let lines = projections.flatMap { $0.values.floats[row * 32..<(row + 1) * 32] }
            let slice = plain.image(lines)
            let range = slice.map(abs).max() ?? 0
            for (plane, pixels) in [
                (planes[0], (0..<32).map { $0 * 32 + 12 }), (planes[1], (0..<32).map { 20 * 32 + $0 }),
            ] {
                #expect(plane.columns == 32 && plane.window == 2 && plane.projections == 30)
                let values = plane.pixels.floats[row * 32..<(row + 1) * 32]
                let difference = zip(values, pixels).map { abs($0 - slice[$1]) }.max() ?? 1
                #expect(difference < 2e-4 * range)
            }
        }
    }

    @Test("a running scan can be steered to other planes")
    func steered() throws {
        var projections = Projection.phantomScan(
            angles: 10, columns: 32, rows: 1, centre: 16, radiusPixels: 12, knowsCentre: true)
        projections[9].steering = try #require(Steering("planes=y:3"))
        let driver = WindowDriver(ReconstructPlanes(OrthoPlanes([OrthoPlane(.x, at: 12)])))
        try driver.add(projections)
        #expect(try driver.emit(Self.pane).map(\.plane) == [OrthoPlane(.y, at: 3)])
    }

    @Test("planes are read as they are written", arguments: ["x:0", "x:100,y:120"])
    func text(text: String) { #expect(OrthoPlanes(argument: text)?.description == text) }

    @Test("what is no plane is refused", arguments: ["", "z:3", "x", "x:-1", "x:1,", "x:1.5"])
    func refused(text: String) { #expect(OrthoPlanes(argument: text) == nil) }
}
