import Foundation
import PenstockEvents
import PenstockLog
import TestSupport
import Testing

/// What an import that fails leaves, and how it goes on.
@Suite("Failed imports")
struct FailedImportTests {
    /// Records whose keys come and go, which makes every one a batch; the one that no small disk can hold is in the middle.
    private struct File {
        let partitions: Int
        let count = 240
        let large = 60

        func partition(_ number: Int) -> Int { number == large ? 0 : number % partitions }

        /// The numbers of the records of a partition, in order.
        func numbers(of partition: Int) -> [Int] { (0..<count).filter { self.partition($0) == partition } }

        var text: String {
            let payload = Data(count: 3 << 20).base64EncodedString()
            let lines = (0..<count).map { number in
                #"{"partition":\#(partition(number)),"time_ns":\#(number),"fields":{"x":\#(number)}"#
                    + (number / partitions % 2 == 0 ? #","key_hash":"0x0000000000000001""# : "")
                    + (number == large ? #","payload":"\#(payload)"}"# : "}")
            }
            return lines.joined(separator: "\n") + "\n"
        }
    }

    /// The field x of what is in each partition.
    private func contents(_ place: Workplace, partitions: Int) async throws -> [[Int]] {
        let log = try await EmbeddedLog(directory: place("disk/log"), creating: false)
        var contents: [[Int]] = []
        for partition in 0..<partitions {
            let reader = try await log.reader(for: TopicPartition("r", partition), from: .earliest)
            var numbers: [Int] = []
            while case .records(let records)? = try await reader.next() {
                numbers += (0..<records.count).map { Int(records.time(at: $0).nanoseconds) }
            }
            contents.append(numbers)
        }
        return contents
    }

    @Test(
        "on a full disk the beginning of each partition's records is in, the error says how much, and --skip goes on there",
        .enabled(if: MemoryDisk.isPossible, "\(MemoryDisk.impossible)"),
        arguments: [1, 3], ["durable", "pageCache", "memory"])
    func fullDisk(partitions: Int, durability: String) async throws {
        let place = try Workplace()
        let disk = try MemoryDisk("size=2m", at: place("disk"))
        defer { disk.unmount() }
        let file = File(partitions: partitions)
        try place.write(file.text, to: "in.jsonl")
        try place.succeed(
            "topic", "create", "r", "--schema", "R@1 { x: u64; payload image: bytes }", "--log", "disk/log",
            "--partitions", "\(partitions)", "--durability", durability)
        // The second time what is in the topic may stand behind the place where the import fails.
        var counts = "0"
        for _ in 0..<2 {
            let failed = try place.run("topic", "import", "r", "in.jsonl", "--skip", counts, "--log", "disk/log")
            #expect(failed.status == 74 && failed.errors.hasPrefix("error: "), "\(failed.errors)")
            #expect(failed.errors.contains("; while importing in.jsonl\nhint: "))
            let found = try await contents(place, partitions: partitions)
            for (partition, numbers) in found.enumerated() {
                #expect(numbers == Array(file.numbers(of: partition).prefix(numbers.count)))
            }
            #expect(found[0].allSatisfy { $0 < file.large })
            let total = found.reduce(0) { $0 + $1.count }
            try #require(total > 0)
            counts =
                partitions == 1
                ? "\(total)"
                : found.enumerated().filter { !$0.element.isEmpty }.map { "\($0.offset):\($0.element.count)" }
                    .joined(separator: ",")
            let told = "; \(total) records of the file are in r: go on with --skip \(counts)\n"
            #expect(failed.errors.hasSuffix(told), "\(failed.errors)")
        }

        try disk.remount("size=32m")
        try place.succeed("topic", "import", "r", "in.jsonl", "--skip", counts, "--log", "disk/log")
        let wanted = (0..<partitions).map { file.numbers(of: $0) }
        #expect(try await contents(place, partitions: partitions) == wanted)
        #expect(try place.run("topic", "verify", "--log", "disk/log").status == 0)
    }

    @Test("when a wrong line is mended the import goes on at it, and counts what was passed over when it fails again")
    func mended() throws {
        let place = try Workplace()
        try place.succeed("topic", "create", "a", "--schema", "A@1 { x: u8 }", "--partitions", "2")
        func write(_ third: String, _ fourth: String) throws {
            try place.write("partition,time,x\n0,1,1\n1,2,2\n0,3,\(third)\n1,4,\(fourth)\n", to: "in.csv")
        }
        try write("300", "400")
        let first = try place.run("topic", "import", "a", "in.csv")
        #expect(first.status == 65 && first.errors.contains("in.csv, line 4: x is \"300\", which is no u8"))
        #expect(first.errors.hasSuffix("2 records of the file are in a: mend the file, and go on with --skip 2\n"))
        try write("3", "400")
        let second = try place.run("topic", "import", "a", "in.csv", "--skip", "2")
        #expect(
            second.errors.contains("line 5")
                && second.errors.hasSuffix(" are in a: mend the file, and go on with --skip 3\n"))
        try write("3", "4")
        let third = try place.succeed("topic", "import", "a", "in.csv", "--skip", "0:2,1:1")
        #expect(third.output == "imported 1 record into a\n")
        let lines = try place.succeed("topic", "dump", "a", "--json").lines
        #expect(lines.map { $0.contains("\"partition\":0") } == [true, true, false, false])
        #expect(lines.enumerated().allSatisfy { $1.contains("\"x\":\([1, 3, 2, 4][$0])}") })
    }

    @Test("a mistake before what a partition has already does not make it come twice")
    func mistakeBeforeSkipped() throws {
        let place = try Workplace()
        try place.succeed("topic", "create", "a", "--schema", "A@1 { x: u8 }", "--partitions", "2")
        try place.write("partition,time,x\n0,1,1\n0,3,3\n", to: "part.csv")
        try place.succeed("topic", "import", "a", "part.csv")
        try place.write("partition,time,x\n0,1,1\n1,2,200\n1,2,300\n0,3,3\n", to: "in.csv")
        let failed = try place.run("topic", "import", "a", "in.csv", "--skip", "0:2")
        #expect(failed.status == 65 && failed.errors.hasSuffix(" go on with --skip 0:2,1:1\n"), "\(failed.errors)")
        try place.write("partition,time,x\n0,1,1\n1,2,200\n1,2,30\n0,3,3\n", to: "in.csv")
        try place.succeed("topic", "import", "a", "in.csv", "--skip", "0:2,1:1")
        let lines = try place.succeed("topic", "dump", "a", "--json").lines
        #expect(lines.count == 4 && zip(lines, [1, 3, 200, 30]).allSatisfy { $0.contains("\"x\":\($1)}") })
    }

    @Test("a mistake in what is passed over is told with the same --skip")
    func mistakeInSkipped() throws {
        let place = try Workplace()
        try place.succeed("topic", "create", "a", "--schema", "A@1 { x: u8 }")
        try place.write("time,x\n1,1\n2,300\n3,3\n", to: "in.csv")
        let failed = try place.run("topic", "import", "a", "in.csv", "--skip", "3")
        #expect(failed.status == 65 && failed.errors.hasSuffix(" go on with --skip 3\n"), "\(failed.errors)")
    }

    @Test(
        "--skip that is no number, or more than the file has, is refused",
        arguments: [
            ("x", "\"x\" is no number of records"), ("-1", "is no number"), ("0:1,0:2", "is no number of records"),
            ("0:1,", "is no number of records"), ("1:2:3", "is no number of records"),
            ("3", "in.csv has fewer records than --skip 3 passes over"), ("0:1,1:1", "--skip 0:1,1:1 passes over"),
        ])
    func wrongSkip(skip: String, message: String) throws {
        let place = try Workplace()
        try place.succeed("topic", "create", "a", "--schema", "A@1 { x: u8 }")
        try place.write("time,x\n1,1\n2,2\n", to: "in.csv")
        let outcome = try place.run("topic", "import", "a", "in.csv", "--skip=\(skip)")
        #expect(outcome.status == 64 && outcome.errors.hasPrefix("error: "), "\(outcome.errors)")
        #expect(outcome.errors.contains(message), "\(outcome.errors)")
    }
}
