import Foundation
import PenstockFormats
import TestSupport
import Testing

@Suite struct CSVReaderTests {
    let folder: TestFolder

    init() throws { folder = try TestFolder() }

    private func records(_ text: String, recordBytes: Int = CSVReader.defaultRecordBytes) throws -> [[String]] {
        var table = try CSVReader(opening: folder.write(text, to: "t.csv"), recordBytes: recordBytes)
        var rows: [[String]] = []
        while try table.next() { rows.append(table.columns.indices.map { table.string($0) }) }
        return rows
    }

    private func failure(_ text: String, recordBytes: Int = CSVReader.defaultRecordBytes) -> FormatError? {
        formatError { _ = try records(text, recordBytes: recordBytes) }
    }

    @Test(
        "the examples of RFC 4180, section 2, are read",
        arguments: [
            ("a,b,c\r\naaa,bbb,ccc\r\nzzz,yyy,xxx\r\n", [["aaa", "bbb", "ccc"], ["zzz", "yyy", "xxx"]]),
            ("a,b,c\r\naaa,bbb,ccc\r\nzzz,yyy,xxx", [["aaa", "bbb", "ccc"], ["zzz", "yyy", "xxx"]]),
            (
                "a,b,c\r\n\"aaa\",\"b \r\nbb\",\"ccc\"\r\nzzz,yyy,xxx",
                [["aaa", "b \r\nbb", "ccc"], ["zzz", "yyy", "xxx"]]
            ),
            ("a,b,c\r\n\"aaa\",\"b\"\"bb\",\"ccc\"", [["aaa", "b\"bb", "ccc"]]),
            ("a,b,c\r\n 1 ,,\r\n", [[" 1 ", "", ""]]),
            ("a,b,c\n,,\n\n\n\"\",\"\",\"\"", [["", "", ""], ["", "", ""]]),
            ("\u{FEFF}a\n\"\"\n1\n\n2\n", [[""], ["1"], ["2"]]),
            ("a,b\n", []),
            ("a,b", []),
        ])
    func grammar(text: String, rows: [[String]]) throws { #expect(try records(text) == rows) }

    @Test("records that straddle the pieces of the file are read whole")
    func pieces() throws {
        // 64-byte pieces: every record begins and ends anywhere in one.
        let rows = (0..<200).map { ["\($0)", String(repeating: "x", count: $0 % 23), "q\"\n\($0)"] }
        let text =
            "a,b,c\r\n" + rows.map { "\($0[0]),\($0[1]),\"\($0[2].replacing("\"", with: "\"\""))\"\r\n" }.joined()
        #expect(try records(text, recordBytes: 64) == rows)
    }

    @Test(
        "broken records are told with their line",
        arguments: [
            ("a,b\n1,2\n3\n", 3, "has 1 fields, but the header names 2 columns"),
            ("a,b\n1,2,3\n", 2, "has 3 fields, but the header names 2 columns"),
            ("a,b\n1,\"x\ny\"\n1,2\"\n", 4, "a quotation mark stands inside a field that does not begin with one"),
            ("a,b\n1,\"2\"3\n", 2, "text follows the closing quotation mark of a field"),
            ("a,b\n1,2\n\n5,\"2\n\n", 4, "the file ends inside a field that begins with a quotation mark"),
            ("a,b\n1\r2,2\n", 2, "a carriage return stands without its line feed"),
        ])
    func broken(text: String, line: Int, reason: String) {
        let error = failure(text)
        #expect(error?.code == .malformedRow)
        #expect(error?.object == "line \(line)")
        #expect(error?.summary == "\(folder("t.csv")), line \(line): \(reason)")
    }

    @Test("a file without a header, or with two columns of one name, is refused")
    func headers() {
        #expect(failure("")?.code == .wrongFormat)
        #expect(failure("\n\n")?.code == .wrongFormat)
        #expect(failure("a,b,a\n")?.code == .wrongFormat)
        #expect(failure("a,,c\n")?.code == .wrongFormat)
        #expect(formatError { _ = try CSVReader(opening: folder("absent.csv")) }?.code == .notFound)
        #expect(formatError { _ = try CSVReader(opening: folder.path) }?.code == .readFailed)
    }

    @Test("a record over the limit is an error, not memory")
    func limit() {
        let error = failure("a,b\n1,2\n3,\"" + String(repeating: "4", count: 5000), recordBytes: 1000)
        #expect(error?.code == .tooLarge)
        #expect(error?.object == "line 3")
    }

    @Test("a missing column is named with those that are there")
    func missingColumn() throws {
        let table = try CSVReader(opening: folder.write("time,value\n", to: "t.csv"))
        #expect(try table.index(of: "value") == 1)
        let error = formatError { _ = try table.index(of: "pressure") }
        #expect(error?.code == .missingColumn)
        #expect(error?.hint == "the columns are time, value")
    }

    @Test(
        "numbers are read to the nearest double",
        arguments: [
            // Correctly rounded by the compiler, or by Python for the bit pattern; the last ones are hard cases of V.
            // Paxson, "A program for testing IEEE decimal-binary conversion", 1991.
            ("0", 0.0), (" 1.5\t", 1.5), ("-2.5e3", -2500), ("+7", 7), (".5", 0.5), ("5.", 5), ("1E2", 100),
            ("0.1", 0.1),
            ("123456789012345678", 123456789012345680), ("0.000000000000000000001", 1e-21), ("1e23", 1e23),
            ("9007199254740993", 9007199254740992), ("5e-324", .leastNonzeroMagnitude), ("1e400", .infinity),
            ("inf", .infinity),
            ("-Infinity", -.infinity), ("1.7976931348623157e308", 1.7976931348623157e308), ("1e-400", 0),
            ("5e-20", 5e-20), ("7878e-11", 7878e-11), ("9e26", 9e26),
            ("46871e-317", Double(bitPattern: 0x0000001616923154)),
        ])
    func numbers(text: String, value: Double) throws {
        var table = try CSVReader(opening: folder.write("x,y\n\(text),1\n", to: "n.csv"))
        _ = try table.next()
        #expect(try table.double(0) == value)
    }

    @Test("random doubles come back from their shortest digits")
    func randomNumbers() throws {
        let seed: UInt64 = 20_240_611
        var state = seed
        let values = (0..<20_000).map { index -> Double in
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            let any = Double(bitPattern: state ^ state >> 29)
            return index % 2 == 0 && any.isFinite ? any : Double(Int64(bitPattern: state) >> 20) / 1000
        }
        let path = folder("numbers.csv")
        var writer = try CSVWriter(creating: path, columns: ["value"])
        for value in values {
            writer.append(value)
            try writer.endRecord()
        }
        try writer.close()
        var table = try CSVReader(opening: path)
        var read: [Double] = []
        while try table.next() { read.append(try table.double(0)) }
        #expect(read.map(\.bitPattern) == values.map(\.bitPattern), "seed \(seed)")
    }

    @Test(
        "what is no number is refused with line and column",
        arguments: ["", "1,5", "abc", "1e", "--1", "0x10", "1.2.3", "1 2", "."])
    func notNumbers(text: String) throws {
        var table = try CSVReader(opening: folder.write("x;y\n\(text);1\n", to: "n.csv"), separator: UInt8(ascii: ";"))
        _ = try table.next()
        let error = formatError { _ = try table.double(0) }
        #expect(error?.code == .malformedRow)
        #expect(error?.summary.hasSuffix("line 2: column x holds “\(text)”, which is not a number") == true)
    }

    @Test("integers are read over their whole range and not beyond")
    func integers() throws {
        let text = "i\n\(Int.min)\n\(Int.max)\n-0\n9223372036854775808\n1.0\n"
        var table = try CSVReader(opening: folder.write(text, to: "i.csv"))
        var values: [Int?] = []
        while try table.next() { values.append(try? table.integer(0)) }
        #expect(values == [Int.min, Int.max, 0, nil, nil])
    }
}
