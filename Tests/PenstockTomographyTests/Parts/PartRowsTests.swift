import Testing

@testable import PenstockTomography

/// Expected ranges are counted by hand.
@Suite struct PartRowsTests {
    @Test("rows are cut at even ones, and pairs that are left over go to the first parts")
    func cuts() throws {
        let cases: [(rows: Int, parts: Int, ranges: [Range<Int>])] = [
            (8, 2, [0..<4, 4..<8]), (10, 2, [0..<6, 6..<10]), (7, 2, [0..<4, 4..<7]), (1, 1, [0..<1]),
            (13, 3, [0..<6, 6..<10, 10..<13]),
        ]
        for (rows, parts, ranges) in cases {
            #expect(try (1...parts).map { try DetectorPart($0, of: parts).rows(of: rows) } == ranges)
        }
        for rows in [3, 4] {
            #expect(throws: TomographyError.partIsEmpty("3/3", rows: rows)) {
                try DetectorPart(3, of: 3).rows(of: rows)
            }
        }
    }

    @Test("a part is written as its number and how many there are")
    func text() {
        #expect(DetectorPart(argument: "2/3") == DetectorPart(2, of: 3))
        #expect(DetectorPart(2, of: 3).description == "2/3")
        for text in ["0/2", "3/2", "1", "1/", "a/b", "1/2/3", "-1/2", ""] {
            #expect(DetectorPart(argument: text) == nil, "\(text)")
        }
    }

    @Test("a part reads its own rows, and those near enough to stand for dead ones")
    func read() throws {
        let plain = PartRows(DetectorPart(2, of: 4))
        #expect(try plain.own(ofDetector: 80) == 20..<40)
        #expect(try plain.read(ofDetector: 80) == 16..<44)
        #expect(try PartRows(DetectorPart(1, of: 4)).read(ofDetector: 80) == 0..<24)
        #expect(try PartRows(DetectorPart(4, of: 4)).read(ofDetector: 80) == 56..<80)
        // Rows 10 to 69 become 20 of three each: rows 10 to 15 of those are detector rows 40 to 57, and six above and below them.
        let binned = PartRows(DetectorPart(2, of: 2), crop: 10..<70, binning: 3)
        #expect(try binned.own(ofDetector: 80) == 13..<23)
        #expect(try binned.read(ofDetector: 80) == 34..<76)
        #expect(try PartRows(DetectorPart(1, of: 2), crop: 10..<70, binning: 3).read(ofDetector: 80) == 6..<46)
        #expect(try PartRows(DetectorPart(1, of: 2), needsAllRows: true).read(ofDetector: 80) == 0..<80)
        #expect(throws: TomographyError.rowOutside(69, rows: 0..<60)) { try binned.own(ofDetector: 60) }
    }
}
