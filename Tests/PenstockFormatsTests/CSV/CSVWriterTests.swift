import PenstockFormats
import TestSupport
import Testing

@Suite struct CSVWriterTests {
    let folder: TestFolder

    init() throws { folder = try TestFolder() }

    @Test("fields are quoted where RFC 4180 asks for it, and numbers have their shortest digits")
    func golden() throws {
        let path = folder("t.csv")
        var table = try CSVWriter(creating: path, columns: ["name", "x, y", "value"], lineEnd: .carriageReturnLineFeed)
        table.append("plain")
        table.append(-3)
        table.append(0.1)
        try table.endRecord()
        table.append("a \"b\"\n")
        table.append(Float(0.1))
        table.append(1e-20)
        try table.endRecord()
        try table.close()
        let expected = "name,\"x, y\",value\r\nplain,-3,0.1\r\n\"a \"\"b\"\"\n\",0.1,1e-20\r\n"
        #expect(String(decoding: try bytes(of: path), as: UTF8.self) == expected)
        #expect(formatError { _ = try CSVWriter(creating: path, columns: ["a"]) }?.code == .exists)
    }

    @Test("Python's csv module reads what was written", .enabled(if: Python.hasReaders, "\(Python.missing)"))
    func readByPython() throws {
        let path = folder("t.csv")
        var table = try CSVWriter(creating: path, columns: ["only"])
        for text in ["", "a,b", "c\"d", "e\nf", "ü"] {
            table.append(text)
            try table.endRecord()
        }
        try table.close()
        let told = try Python.run("import csv, sys; print(list(csv.reader(open(sys.argv[1], newline=''))))", path)
        #expect(told == "[['only'], [''], ['a,b'], ['c\"d'], ['e\\nf'], ['ü']]")
    }

    @Test("a full disk is told", .enabled(if: MemoryDisk.isPossible, "\(MemoryDisk.impossible)"))
    func full() throws {
        let disk = try MemoryDisk("size=64k", at: folder("disk"))
        defer { disk.unmount() }
        var table = try CSVWriter(creating: disk.path + "/t.csv", columns: ["n"])
        var failure: FormatError?
        do throws(FormatError) {
            for number in 0..<30_000 {
                table.append(number)
                try table.endRecord()
            }
            try table.close()
        } catch { failure = error }
        #expect(failure?.code == .diskFull)
    }
}
