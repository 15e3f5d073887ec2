import PenstockEvents
import Testing

@testable import PenstockEngine
@testable import PenstockTomography

@Suite struct GridrecStageTests {
    private static let early = WindowPane(
        index: 3, count: 90, isComplete: false, isLast: false, time: Timestamp(nanoseconds: 5))
    private static let last = WindowPane(
        index: 4, count: 90, isComplete: true, isLast: true, time: Timestamp(nanoseconds: 9))

    private func scan(rows: Int) -> [Projection] { Projection.phantomScan(rows: rows, knowsCentre: true) }

    @Test("early windows give all slices, the pair with the middle one, or none; the last one gives all")
    func earlySlices() throws {
        let cases: [(Gridrec.EarlySlices, [Int])] = [(.all, [0, 1, 2, 3, 4]), (.middle, [2, 3]), (.none, [])]
        for (early, expected) in cases {
            let driver = WindowDriver(Gridrec(early: early))
            try driver.add(scan(rows: 5))
            let slices = try driver.emit(Self.early)
            #expect(slices.map(\.slice) == expected)
            #expect(slices.allSatisfy { $0.window == 3 && !$0.isComplete && !$0.isLast })
            let all = try driver.emit(Self.last)
            #expect(all.map(\.slice) == [0, 1, 2, 3, 4])
            #expect(all.allSatisfy { $0.window == 4 && $0.isComplete && $0.isLast })
            #expect(all.allSatisfy { $0.sliceCount == 5 && $0.size == 64 })
            #expect(all.allSatisfy { $0.anglesDegrees == 0...178 && $0.projections == 90 })
            // A slice is the same in an early window of the same projections.
            for slice in slices { #expect(slice.pixels.floats == all[slice.slice].pixels.floats) }
            #expect(driver.reported.contains(.fact(name: "windows", value: "5")))
        }
    }

    @Test("the slice without a partner in an odd number of rows is as good as the others")
    func oddRows() throws {
        let driver = WindowDriver(Gridrec())
        try driver.add(scan(rows: 3))
        let slices = try driver.emit(Self.last).map(\.pixels.floats)
        // Row k holds k + 1 times the first one.
        let peak = slices[0].map(abs).max() ?? 0
        let factor = zip(slices[2], slices[0]).map { abs($0 - 3 * $1) }.max() ?? 1
        #expect(peak > 0)
        #expect(factor < 1e-4 * peak)
    }

    @Test("the number of threads changes no bit", arguments: [2, 3, 4, 16])
    func parallelism(threads: Int) throws {
        let one = WindowDriver(Gridrec())
        let many = WindowDriver(Gridrec(), parallelism: threads)
        for driver in [one, many] { try driver.add(scan(rows: 7)) }
        let expected = try one.emit(Self.last)
        let slices = try many.emit(Self.last)
        #expect(slices.map(\.slice) == expected.map(\.slice))
        #expect(slices.map(\.pixels.floats) == expected.map(\.pixels.floats))
    }

    @Test("projections that leave count no more, and a state that was written down goes on as if nothing had happened")
    func snapshot() throws {
        let projections = Projection.phantomScan(angles: 120, degrees: 240, rows: 2, knowsCentre: true)
        let fresh = WindowDriver(Gridrec())
        try fresh.add(Array(projections[30...]))
        let sliding = WindowDriver(Gridrec())
        try sliding.add(Array(projections[..<90]))
        _ = try sliding.emit(Self.early)
        try sliding.restore()
        try sliding.remove(Array(projections[..<30]))
        try sliding.add(Array(projections[90...]))
        #expect(try sliding.emit(Self.last).map(\.pixels.floats) == fresh.emit(Self.last).map(\.pixels.floats))
    }

    @Test("projections without a centre or of another size are refused, and an empty window gives nothing")
    func refusals() throws {
        #expect(try WindowDriver(Gridrec()).emit(Self.last).isEmpty)
        let placeless = WindowDriver(Gridrec())
        try placeless.add(Projection.phantomScan(angles: 4))
        #expect(throws: TomographyError.centreUnknown) { try placeless.emit(Self.last) }
        let mixed = WindowDriver(Gridrec())
        try mixed.add(scan(rows: 1))
        #expect(throws: TomographyError.shapeChanged(kind: "projection", index: 0)) {
            try mixed.add([scan(rows: 2)[0]])
        }
    }

    @Test("a gap in the angles is told of with the last window")
    func gap() throws {
        let driver = WindowDriver(Gridrec(early: .all))
        try driver.add(Projection.phantomScan(angles: 60, degrees: 120, knowsCentre: true))
        _ = try driver.emit(Self.early)
        #expect(driver.reported.isEmpty)
        _ = try driver.emit(Self.last)
        // From 118 degrees to 180, which is 0 again.
        #expect(
            driver.reported.contains(
                .warning("the projections leave a gap of 62.0 degrees: the image has artefacts along its directions")))
    }
}
