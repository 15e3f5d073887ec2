import PenstockEvents
import Testing

@testable import PenstockEngine
@testable import PenstockTomography

@Suite struct CheckSequenceTests {
    private func projection(_ index: Int, scan: UInt64 = 1) -> Frame {
        .row(.projection, [1, 2], index: index, angle: Double(index), scan: scan)
    }

    private func start(_ projections: String?) -> ControlRecord {
        .scanStart(ScanStart(scan: ScanID(1), properties: projections.map { ["projections": $0] } ?? [:]))
    }

    private var end: ControlRecord { .scanEnd(ScanEnd(scan: ScanID(1), eventCount: 0)) }

    @Test("a complete scan in any order passes without a word")
    func complete() throws {
        let driver = StageDriver(CheckSequence())
        _ = try driver.control(start("6"))
        let references: [Frame] = [.row(.dark, [0, 0]), .row(.flat, [9, 9]), .row(.flat, [9, 9])]
        let frames = references + [3, 0, 5, 1, 4, 2].map { projection($0) }
        #expect(try driver.process(frames).map(\.index) == frames.map(\.index))
        _ = try driver.control(end)
        _ = try driver.finish()
        #expect(driver.reported.isEmpty)
    }

    @Test("a projection that comes again is left out and told of, also behind a state that was written down")
    func repeats() throws {
        let driver = StageDriver(CheckSequence())
        _ = try driver.control(start("4"))
        #expect(try driver.process([0, 1, 1].map { projection($0) }).map(\.index) == [0, 1])
        try driver.restore()
        #expect(try driver.process([0, 2, 3].map { projection($0) }).map(\.index) == [2, 3])
        #expect(driver.reported.isEmpty)
        _ = try driver.control(end)
        #expect(
            driver.reported == [
                .fact(name: "projections_repeated", value: "2"),
                .warning("2 projections came again, the first of them projection 1: each counts once"),
            ])
    }

    @Test("gaps are named, and a scan that was broken off says how far it came")
    func gaps() throws {
        let driver = StageDriver(CheckSequence())
        _ = try driver.control(start("900"))
        _ = try driver.process([0, 1, 3, 4, 8].map { projection($0) })
        _ = try driver.finish()
        #expect(
            driver.reported == [
                .fact(name: "projections_missing", value: "4"),
                .warning(
                    "4 projections (2, 5-7) never came: the neighbours in angle count for what is missing"),
                .fact(name: "projections_missing_at_end", value: "891"),
                .warning("the scan was broken off: it has 9 of the 900 projections that it announced"),
            ])
    }

    @Test("every scan has its own numbers, and one that announced nothing is never too short")
    func scans() throws {
        let driver = StageDriver(CheckSequence())
        _ = try driver.process([0, 1].map { projection($0) })
        #expect(try driver.process([0, 1].map { projection($0, scan: 2) }).count == 2)
        _ = try driver.finish()
        #expect(driver.reported.isEmpty)
    }

    @Test("ranges hold what was put in, in whatever order")
    func ranges() {
        var ranges = IndexRanges()
        var reference = Set<Int>()
        for number in [5, 3, 4, 9, 0, 7, 8, 4, 9, 1, 6, 2, 20, 0] {
            #expect(ranges.insert(number) == !reference.insert(number).inserted)
            #expect(ranges.ranges.flatMap { Array($0) } == reference.sorted())
        }
        #expect(ranges.ranges == [0..<10, 20..<21])
        #expect(ranges.gaps == [10..<20])
        #expect(ranges.end == 21)
    }
}
