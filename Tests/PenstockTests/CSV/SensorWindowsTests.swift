import Foundation
import TestSupport
import Testing

/// The pipeline `SensorWindows`, run as a user runs it.
private struct SensorWindows {
    let folder: TestFolder

    static let executable = SwiftCompiler.products?.appending(path: "SensorWindows")
    static var isBuilt: Bool { executable.map { FileManager.default.isExecutableFile(atPath: $0.path) } ?? false }
    static let missing = "the executable SensorWindows is not beside the test bundle: build it first"

    init() throws { folder = try TestFolder() }

    func run(_ arguments: String...) throws -> Command.Result {
        try Command.run(try #require(Self.executable), arguments, in: folder.path)
    }
}

/// A row of the input: time in milliseconds, and a value of which sums depend on the order.
private struct Row {
    let milliseconds: Int
    let sensor: String
    let value: Double

    var text: String { "\(Row.seconds(milliseconds)),\(sensor),\(value)" }

    static func seconds(_ milliseconds: Int) -> String {
        let fraction = String(1000 + milliseconds % 1000).dropFirst()
        return "\(milliseconds / 1000).\(fraction)"
    }
}

/// What the pipeline has to write, by docs/windows-and-time.md: in each window the rows within the bound are summed in the order of the
/// file, those behind it apart in the same order, and the two are added. All in whole milliseconds.
private struct Reference {
    private struct Part {
        var sum: Double?
        var count = 0

        mutating func add(_ value: Double) {
            sum = sum.map { $0 + value } ?? value
            count += 1
        }
    }

    private(set) var lateCount = 0
    private(set) var behindCount = 0
    private var onTime: [Int: [String: Part]] = [:]
    private var behind: [Int: [String: Part]] = [:]

    init(_ rows: [Row], window: Int, disorder: Int) {
        var latest = Int.min / 2
        for row in rows {
            let start = row.milliseconds / window * window
            // The watermark is one tick before `latest - disorder`, a window's last instant one tick before its end.
            if start + window <= latest - disorder {
                lateCount += 1
            } else if row.milliseconds < latest - disorder {
                behindCount += 1
                behind[start, default: [:]][row.sensor, default: Part()].add(row.value)
            } else {
                onTime[start, default: [:]][row.sensor, default: Part()].add(row.value)
            }
            latest = max(latest, row.milliseconds)
        }
    }

    var csv: String {
        var lines = ["window_start,sensor,mean,count"]
        for start in Set(onTime.keys).union(behind.keys).sorted() {
            let (first, second) = (onTime[start] ?? [:], behind[start] ?? [:])
            let sensors = Set(first.keys).union(second.keys)
            for sensor in sensors.sorted(by: { $0.utf8.lexicographicallyPrecedes($1.utf8) }) {
                let (a, b) = (first[sensor] ?? Part(), second[sensor] ?? Part())
                let sum = a.sum.map { sum in b.sum.map { sum + $0 } ?? sum } ?? b.sum ?? 0
                lines.append("\(start / 1000),\(sensor),\(sum / Double(a.count + b.count)),\(a.count + b.count)")
            }
        }
        return lines.joined(separator: "\n") + "\n"
    }
}

@Suite(
    "SensorWindows, from a CSV file to a CSV file",
    .enabled(if: SensorWindows.isBuilt, "\(SensorWindows.missing)"))
struct SensorWindowsTests {
    private static let header = "time,sensor,value\n"

    /// Rows that are at most about `jitter` milliseconds out of order, from a seed.
    private func rows(_ count: Int, jitter: Int, seed: UInt64) -> [Row] {
        var state = seed
        func draw(_ bound: Int) -> Int {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return Int((state >> 33) % UInt64(bound))
        }
        let names = ["b", "a", "ä", "pump 1", "B", "sensor-with-a-long-name"]
        return (0..<count).map { n in
            Row(
                milliseconds: 1_700_000_000_000 + n * 37 + draw(jitter + 1), sensor: names[draw(names.count)],
                value: Double(draw(1 << 20) - (1 << 19)) / 1000)
        }
    }

    private func text(_ rows: [Row]) -> String { Self.header + rows.map { $0.text + "\n" }.joined() }

    @Test("means and counts are those of the definition, for every batch size and parallelism", arguments: [0, 900])
    func result(_ disorder: Int) throws {
        let seed: UInt64 = 20_260_102 + UInt64(disorder)
        let input = rows(5000, jitter: 1500, seed: seed)
        let reference = Reference(input, window: 10_000, disorder: disorder)
        #expect(reference.lateCount > 0 && reference.behindCount > 0, "seed \(seed)")
        let program = try SensorWindows()
        try program.folder.write(text(input), to: "readings.csv")
        var first: String?
        for batch in ["1", "7", "4096"] {
            for parallelism in ["1", "2", "4"] {
                let result = try program.run(
                    "--window", "10", "--disorder", "\(Double(disorder) / 1000)", "--batch-size", batch,
                    "--parallelism",
                    parallelism, "--overwrite")
                #expect(result.status == 0, "\(result.errors)")
                #expect(result.errors.isEmpty)
                #expect(result.output == "means/Mean: \(reference.lateCount) late events\n", "seed \(seed)")
                let output = try program.folder.text("means.csv")
                #expect(output == first ?? output, "batches of \(batch), parallelism \(parallelism), seed \(seed)")
                first = output
            }
        }
        #expect(try #require(first) == reference.csv, "seed \(seed)")
        #expect(program.folder.names() == ["means.csv", "readings.csv"])
    }

    @Test("rows in order need no bound, and nothing is said of late events")
    func ordered() throws {
        let program = try SensorWindows()
        try program.folder.write(
            Self.header
                + "0,a,1\n59.999999999,a,2\n60,a,4\n60,b,-0.5\n",
            to: "readings.csv")
        let result = try program.run()
        #expect(result.status == 0, "\(result.errors)")
        #expect(result.output.isEmpty)
        #expect(
            try program.folder.text("means.csv")
                == "window_start,sensor,mean,count\n0,a,1.5,2\n60,a,4.0,1\n60,b,-0.5,1\n"
        )
    }

    @Test("a row behind the bound joins its window while that is open, and is late afterwards")
    func late() throws {
        let program = try SensorWindows()
        // With a bound of 5 s the window [0, 10) closes at the first row at or after 15 s.
        try program.folder.write(
            Self.header + "1,a,1\n9,a,1\n14.999999999,a,1\n2,a,4\n15,a,1\n9.999999999,a,100\n10,a,3\n",
            to: "readings.csv")
        let result = try program.run("--window", "10", "--disorder", "5")
        #expect(result.output == "means/Mean: 1 late events\n")
        let mean = "1.6666666666666667"
        #expect(
            try program.folder.text("means.csv") == "window_start,sensor,mean,count\n0,a,2.0,3\n10,a,\(mean),3\n")
    }

    @Test("windows before 1970 begin at multiples of their length, too")
    func negative() throws {
        let program = try SensorWindows()
        try program.folder.write(
            Self.header + "-60.000000001,a,1\n-60,a,2\n-0.000000001,a,4\n0,a,8\n", to: "readings.csv")
        _ = try program.run()
        #expect(
            try program.folder.text("means.csv")
                == "window_start,sensor,mean,count\n-120,a,1.0,1\n-60,a,3.0,2\n0,a,8.0,1\n")
    }

    @Test("--set is the same as the option")
    func set() throws {
        let program = try SensorWindows()
        try program.folder.write(Self.header + "0,a,1\n5,a,2\n10,a,3\n", to: "in.csv")
        let option = try program.run("--input", "in.csv", "--window", "10", "--output", "a.csv")
        let set = try program.run("run", "--set", "input=in.csv", "--set", "window=10", "--set=output=b.csv")
        #expect(option.status == 0 && set.status == 0, "\(option.errors)\(set.errors)")
        #expect(try program.folder.text("a.csv") == program.folder.text("b.csv"))
    }

    @Test("explain says what runs where, without input")
    func explain() throws {
        let program = try SensorWindows()
        let result = try program.run("explain", "--window", "10", "--parallelism", "2")
        #expect(result.status == 0, "\(result.errors)")
        #expect(result.output.contains("CSV file readings.csv"))
        #expect(result.output.contains("tumbling 10 s"))
        #expect(result.output.contains("2 instances"))
        #expect(program.folder.names().isEmpty)
    }

    @Test("replay says that nothing is recorded")
    func replay() throws {
        let result = try SensorWindows().run("replay")
        #expect(result.status == 64)
        #expect(
            result.errors.contains(
                "error: SensorWindows records nothing, so there is nothing to replay\nhint: put Persist("))
    }

    /// What is wrong with the input, the exit status, and a part of what is said.
    @Test(
        "bad input: one line that names file and line, the right status, and no output",
        arguments: [
            (nil, 66, "readings.csv", "hint: "),
            ("", 65, "readings.csv: is empty", "hint: a table begins with a line that names its columns"),
            (
                "time,sensor\n1,a\n", 65, "readings.csv, column value: there is no such column",
                "hint: the columns are time, sensor"
            ),
            ("when,sensor,value\n1,a,2\n", 65, "readings.csv, column time: there is no such column", "hint: "),
            ("time,sensor,value\n1,a,2\n2,a,warm\n", 65, "readings.csv, line 3: column value holds “warm”", ""),
            ("time,sensor,value\n1,a,2\nnoon,a,2\n", 65, "readings.csv, line 3: column time holds “noon”", ""),
            ("time,sensor,value\n1,a,2\n1e300,a,2\n", 65, "readings.csv, line 3: column time holds “1e300”", ""),
            (
                "time,sensor,value\n1,a,2\n9000000000,a,2\n", 65, "an event has the time 9000000000000000000 ns",
                "hint: "
            ),
            (
                "time,sensor,value\n1,a,2\n1,a\n", 65,
                "readings.csv, line 3: has 2 fields, but the header names 3 columns", ""
            ),
            ("time,sensor,value\n1,a,\"2\n", 65, "readings.csv, line 2: the file ends inside a field", ""),
        ] as [(String?, Int32, String, String)])
    func badInput(_ content: String?, _ status: Int32, _ part: String, _ hint: String) throws {
        let program = try SensorWindows()
        if let content { try program.folder.write(content, to: "readings.csv") }
        let result = try program.run()
        #expect(result.status == status, "\(result.errors)")
        let lines = result.errors.split(separator: "\n").map(String.init)
        #expect(lines.first?.hasPrefix("error: ") == true && lines.first?.contains(part) == true, "\(result.errors)")
        #expect(hint.isEmpty || lines.contains { $0.hasPrefix(hint) }, "\(result.errors)")
        #expect(lines.count <= 2)
        #expect(result.output.isEmpty)
        #expect(program.folder.names() == (content == nil ? [] : ["readings.csv"]))
    }

    @Test("a header without rows gives a header without rows")
    func onlyHeader() throws {
        let program = try SensorWindows()
        try program.folder.write(Self.header, to: "readings.csv")
        #expect(try program.run().status == 0)
        #expect(try program.folder.text("means.csv") == "window_start,sensor,mean,count\n")
    }

    @Test("output that exists is refused before anything is read, and replaced when asked")
    func existing() throws {
        let program = try SensorWindows()
        try program.folder.write(Self.header + "0,a,1\n", to: "readings.csv")
        try program.folder.write("precious", to: "means.csv")
        let refused = try program.run()
        #expect(refused.status == 74)
        #expect(refused.errors.contains("error: means.csv"))
        #expect(refused.errors.contains("--overwrite"))
        #expect(try program.folder.text("means.csv") == "precious")
        #expect(try program.run("--overwrite").status == 0)
        #expect(try program.folder.text("means.csv").hasPrefix("window_start,"))
    }

    @Test("an output folder that is not there is named")
    func unwritable() throws {
        let program = try SensorWindows()
        try program.folder.write(Self.header + "0,a,1\n", to: "readings.csv")
        let result = try program.run("--output", "results/means.csv")
        #expect(result.status == 74)
        #expect(result.errors.hasPrefix("error: results/means.csv"), "\(result.errors)")
        #expect(program.folder.names() == ["readings.csv"])
    }

    @Test(
        "options that cannot be are refused with status 64",
        arguments: [
            ["--window", "0"], ["--window", "-1"], ["--window", "nan"], ["--window", "inf"], ["--window", "1e300"],
            ["--disorder", "-1"], ["--disorder", "nan"], ["--parallelism", "0"], ["--parallelism", "129"],
            ["--batch-size", "0"], ["--log-level", "loud"], ["--colour", "blue"], ["--set", "window"],
        ])
    func badOptions(_ arguments: [String]) throws {
        let program = try SensorWindows()
        try program.folder.write(Self.header + "0,a,1\n", to: "readings.csv")
        let result = try Command.run(try #require(SensorWindows.executable), arguments, in: program.folder.path)
        #expect(result.status == 64, "\(result.errors)")
        #expect(result.errors.lowercased().hasPrefix("error: "), "\(result.errors)")
        #expect(program.folder.names() == ["readings.csv"])
    }
}
