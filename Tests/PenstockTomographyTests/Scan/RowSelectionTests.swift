import Testing

@testable import PenstockTomography

@Suite struct RowSelectionTests {
    @Test(
        "rows and ranges are put in order, and what touches becomes one range",
        arguments: [
            ("all", "all"), ("7", "7"), ("100,30,67", "30,67,100"), ("40-60", "40-60"), ("41-60,3,38-40,61", "3,38-61"),
            ("5,5,5-5", "5"), ("0-9,2-3", "0-9"),
        ])
    func argument(text: String, described: String) throws {
        #expect(try #require(RowSelection(argument: text)).description == described)
    }

    @Test("anything else is no selection", arguments: ["", "a", "3,", "-3", "5-3", "1-2-3", "1.5", "3 4", "-"])
    func refused(text: String) { #expect(RowSelection(argument: text) == nil) }

    @Test("rows are those of the whole detector, and one outside of it is named")
    func places() throws {
        let rows = try #require(RowSelection(argument: "66,70-72"))
        #expect(try rows.places(from: 64, count: 10) == [2, 6, 7, 8])
        #expect(try RowSelection.all.places(from: 64, count: 3) == [0, 1, 2])
        #expect(throws: TomographyError.rowOutside(72, rows: 0..<72)) { try rows.places(from: 0, count: 72) }
        #expect(throws: TomographyError.rowOutside(66, rows: 68..<100)) { try rows.places(from: 68, count: 32) }
    }
}
