import TestSupport
import Testing

@testable import Penstock
@testable import PenstockEngine

@Suite("CSV sources and sinks in a flow")
struct CSVStageTests {
    /// Nanoseconds by hand: the digits of the text, moved by nine places.
    @Test(
        "times are read to the nanosecond and written with the same digits",
        arguments: [
            ("0", 0, "0"), ("1", 1_000_000_000, "1"), ("1.5", 1_500_000_000, "1.5"),
            ("1700000000.123456789", 1_700_000_000_123_456_789, "1700000000.123456789"),
            ("-1700000000.123456789", -1_700_000_000_123_456_789, "-1700000000.123456789"),
            ("0.000000001", 1, "0.000000001"), ("-0.000000001", -1, "-0.000000001"), ("0.10", 100_000_000, "0.1"),
            ("0.0000000004", 0, "0"), ("0.0000000005", 1, "0.000000001"), ("-0.0000000005", -1, "-0.000000001"),
            ("1.7e9", 1_700_000_000_000_000_000, "1700000000"), (" 2.25 ", 2_250_000_000, "2.25"),
            ("4611686018.427387904", 1 << 62, "4611686018.427387904"),
        ] as [(String, Int64, String)])
    func times(_ text: String, _ nanoseconds: Int64, _ written: String) async throws {
        let folder = try TestFolder()
        try folder.write("time,x\n\(text),1\n", to: "in.csv")
        let kept = Collected<Int>()
        try await Flow("keep") {
            From(CSVInput(folder("in.csv"), time: "time") { row in try row.integer("x") })
            To(kept)
        }.run()
        #expect(kept.times == [Timestamp(nanoseconds: nanoseconds)])
        try await Flow("write") {
            From(Generated(1) { _ in (1, Timestamp(nanoseconds: nanoseconds)) })
            Map { (_: Int) in Timestamp(nanoseconds: nanoseconds) }
            To(CSVOutput(folder("out.csv"), columns: ["time"]) { (time: Timestamp) in [.time(time)] })
        }.run()
        #expect(try folder.text("out.csv") == "time\n\(written)\n")
    }

    @Test("rows that come more than once go into a file only where it takes updates, each with its pane")
    func updates() async throws {
        let folder = try TestFolder()
        func flow(takesUpdates: Bool, _ name: String) -> Flow<Closed> {
            let file = CSVOutput(folder(name), columns: ["row", "final", "count"]) { (row: Counted<Int>) in
                [.integer(row.pane.index), .text("\(row.pane.isFinal)"), .integer(row.count)]
            }
            return Flow("growing") {
                From(Generated(5) { n in (n, Timestamp(nanoseconds: Int64(n))) })
                KeyBy { (_: Int) in 1 }
                Tumbling(every: .seconds(1))
                Early(every: 2)
                Count()
                if takesUpdates { To(file).takingUpdates() } else { To(file) }
            }
        }
        let error = await #expect(throws: EngineError.self) { try await flow(takesUpdates: false, "no.csv").run() }
        #expect(
            error?.summary
                == "the pipeline cannot be planned: To in the flow \"growing\" keeps each row of Count, whose rows come "
                + "more than once, each in place of the one before it")
        #expect(error?.hint?.contains("takingUpdates()") == true && error?.hint?.contains("pane") == true)
        try await flow(takesUpdates: true, "yes.csv").run()
        #expect(try folder.text("yes.csv") == "row,final,count\n0,false,2\n1,false,4\n2,true,5\n")
    }

    @Test("fields keep their text, and numbers their value")
    func fields() async throws {
        let folder = try TestFolder()
        let texts = ["plain", "with, comma", "with \"quotes\"", "two\nlines", "", "ä"]
        let numbers = [0.1, -0.0, 1e300, Double.leastNonzeroMagnitude, 1.0 / 3, 12]
        try await Flow("write") {
            From(Generated(6) { n in (n, Timestamp(nanoseconds: Int64(n))) })
            To(
                CSVOutput(folder("a.csv"), columns: ["time", "name, quoted", "number", "n"]) { (n: Int) in
                    [.integer(n), .text(texts[n]), .number(numbers[n]), .integer(-n)]
                })
        }.run()
        let names = Collected<String>()
        let values = Collected<Double>()
        let source = Flow("read") {
            From(
                CSVInput(folder("a.csv"), time: "time") { row in
                    (name: try row.text("name, quoted"), number: try row.number("number"))
                })
        }
        try await Flow("names") {
            source
            Map { (row: (name: String, number: Double)) in row.name }
            To(names)
        }.run()
        try await Flow("numbers") {
            source
            Map { (row: (name: String, number: Double)) in row.number }
            To(values)
        }.run()
        #expect(names.values == texts)
        #expect(values.values.map(\.bitPattern) == numbers.map(\.bitPattern))
    }

    @Test("a number that is none names file, line and column, and leaves no output")
    func malformed() async throws {
        let folder = try TestFolder()
        try folder.write("time,x\n1,1\n2,1.5\n", to: "in.csv")
        let flow = Flow("copy") {
            From(CSVInput(folder("in.csv"), time: "time") { row in try row.integer("x") })
            To(CSVOutput(folder("out.csv"), columns: ["x"]) { (x: Int) in [.integer(x)] })
        }
        let error = await #expect(throws: EngineError.self) { try await flow.run() }
        #expect(error?.summary == "\(folder("in.csv")), line 3: column x holds “1.5”, which is not an integer")
        #expect(error?.category == .data)
        #expect(folder.names() == ["in.csv"])
    }
}
