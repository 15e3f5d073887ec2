import Foundation
import PenstockEvents
import PenstockLog
import Testing

@Suite("Export and import")
struct ExchangeTests {
    /// What a topic holds, in a form that can be compared.
    enum Entry: Equatable {
        case record(partition: Int, time: Int64, keyHash: UInt64?, Everything)
        case control(partition: Int, ControlRecord)
    }

    private func entries(_ place: Workplace, _ topic: String) async throws -> [Entry] {
        let log = try await EmbeddedLog(directory: place("penstock-log"), creating: false)
        var entries: [Entry] = []
        for partition in try await log.describe(topic).partitions.map(\.number) {
            let reader = try await log.reader(for: TopicPartition(topic, partition), from: .earliest)
            while let entry = try await reader.next() {
                switch entry {
                case .control(let record, _): entries.append(.control(partition: partition, record))
                case .records(let records):
                    for index in 0..<records.count {
                        let hash = records.hasKeyHashes ? records.withKeyHashes { $0[index] } : nil
                        entries.append(
                            .record(
                                partition: partition, time: records.time(at: index).nanoseconds, keyHash: hash,
                                try records.event(at: index)))
                    }
                }
            }
        }
        return entries
    }

    private func fill(_ place: Workplace, _ random: inout SeededGenerator) async throws {
        let log = try await EmbeddedLog(directory: place("penstock-log"))
        _ = try await log.createTopic(
            "source", schema: Everything.schema,
            configuration: TopicConfiguration(partitions: 3, durability: .pageCache, segmentBytes: 64 << 10))
        for partition in 0..<3 {
            let writer = try await log.writer(for: TopicPartition("source", partition))
            for number in 0..<UInt64(20) {
                var batch = RecordBatchBuilder(schemaID: Everything.schema.id)
                let isKeyed = random.next() % 2 == 0
                for _ in 0..<Int.random(in: 1...30, using: &random) {
                    batch.append(
                        Everything(&random), time: Timestamp(nanoseconds: Int64(bitPattern: random.next())),
                        keyHash: isKeyed ? random.next() : nil)
                }
                try await writer.append(batch)
                if number == 7 {
                    let start = ScanStart(scan: ScanID(number), properties: ["file": "a \"b\"\n", "": "ü"])
                    try await writer.append(control: .scanStart(start))
                    try await writer.append(control: .timeMark(Timestamp(nanoseconds: -5)))
                    try await writer.append(control: .scanEnd(ScanEnd(scan: ScanID(number), eventCount: .max)))
                }
            }
            try await writer.append(control: .endOfStream)
            try await writer.close()
        }
    }

    @Test(
        "random records come back from a file as they were: times, key hashes, attributes, payloads, control records",
        arguments: ["jsonl", "penstock"])
    func roundTrip(format: String) async throws {
        let seed: UInt64 = 41
        var random = SeededGenerator(seed: seed)
        let place = try Workplace()
        try await fill(place, &random)
        try place.succeed("topic", "export", "source", "out.\(format)")
        try place.succeed("topic", "import", "target", "out.\(format)")
        let (source, target) = (try await entries(place, "source"), try await entries(place, "target"))
        #expect(source == target, "seed \(seed)")
        #expect(source.count > 60)
        let again = try place.succeed("topic", "export", "target", "-", "--format", format)
        #expect(again.output.utf8.count > 1000)
        #expect(try place.succeed("topic", "verify").output.hasPrefix("intact"))
    }

    @Test("a table brings times and attributes back", arguments: ["iso", "ns"])
    func table(times: String) async throws {
        let seed: UInt64 = 41
        var random = SeededGenerator(seed: seed)
        let place = try Workplace()
        try await fill(place, &random)
        let exported = try place.succeed("topic", "export", "source", "out.csv", "--times", times)
        #expect(exported.errors.contains("left out"))
        try place.succeed(
            "topic", "import", "target", "out.csv", "--schema", "\(Everything.schema)", "--partitions", "3")
        let wanted = try await entries(place, "source").compactMap { entry -> Entry? in
            guard case .record(let partition, let time, _, var record) = entry else { return nil }
            record.payload = []
            return .record(partition: partition, time: time, keyHash: nil, record)
        }
        let found = try await entries(place, "target")
        #expect(found == wanted, "seed \(seed)")
    }

    @Test("a table looks as a spreadsheet wants it")
    func tableText() async throws {
        let place = try Workplace()
        try await place.fillReadings(10)
        let lines = try place.succeed("topic", "export", "readings", "-", "--format", "csv").lines
        #expect(lines.count == 11 && lines[0] == "time,sensor,value")
        #expect(lines[3] == "2023-11-14T22:13:22.000000000Z,2,0.5")
    }

    @Test(
        "a wrong line is named, and what stands before it is in the topic",
        arguments: [
            ("in.csv", "time,x\n2020-01-01,1\n2020-01-01,300\n", "in.csv, line 3: x is \"300\", which is no u8", 1),
            ("in.csv", "time,x\n2020-01-01,1\n2020-01-01,2,3\n", "in.csv, line 3: 3 values for 2 columns", 1),
            ("in.csv", "time,x\nnoon,1\n", "in.csv, line 2: \"noon\" is no time", 0),
            ("in.csv", "x\n1\n", "in.csv, line 1: there is no column time", 0),
            ("in.csv", "time,x\n\"2020-01-01,1\n", "in.csv, line 2: a quoted value has no end", 0),
            (
                "in.jsonl", "{\"time_ns\":1,\"fields\":{\"x\":1}}\n{\"time_ns\":1,\"fields\":{\"x\":-1}}\n",
                "line 2: x is -1, which is no u8", 1
            ),
            ("in.jsonl", "{\"time_ns\":1,\"fields\":{\"x\":1}}\n{\"time_ns\":1,\n", "line 2: no JSON: ", 1),
            ("in.jsonl", "{\"time_ns\":1,\"fields\":{}}\n", "line 1: the field x is missing", 0),
            (
                "in.jsonl", "{\"time_ns\":1,\"partition\":4,\"fields\":{\"x\":1}}\n",
                "line 1: a record of partition 4, but a has 1 partition", 0
            ),
        ] as [(String, String, String, Int)])
    func wrongLine(file: String, content: String, message: String, kept: Int) throws {
        let place = try Workplace()
        try place.succeed("topic", "create", "a", "--schema", "A@1 { x: u8 }")
        try place.write(content, to: file)
        let outcome = try place.run("topic", "import", "a", file)
        #expect(
            outcome.status == 65 && outcome.errors.hasPrefix("error: ") && outcome.errors.contains(message),
            "\(outcome.errors)")
        #expect(try place.succeed("topic", "dump", "a", "--json").lines.count == kept)
    }

    @Test("a binary file that was cut or changed anywhere is refused")
    func damagedFile() async throws {
        let seed: UInt64 = 41
        var random = SeededGenerator(seed: seed)
        let place = try Workplace()
        try await place.fillReadings(20)
        try place.succeed("topic", "export", "readings", "whole.penstock")
        let whole = try place.read("whole.penstock")
        for round in 0..<12 {
            let position = Int.random(in: 0..<whole.count, using: &random)
            var changed = whole
            if round % 2 == 0 {
                changed = whole.prefix(position)
            } else {
                changed[position] ^= 1 << UInt8.random(in: 0..<8, using: &random)
            }
            try place.write(changed, to: "changed.penstock")
            let outcome = try place.run("topic", "import", "target\(round)", "changed.penstock")
            #expect(outcome.status == 65, "seed \(seed), position \(position): \(outcome.errors)")
        }
    }

    @Test("records of another schema are refused")
    func otherSchema() async throws {
        let place = try Workplace()
        try await place.fillReadings(10)
        try place.succeed("topic", "create", "a", "--schema", "A@1 { x: u8 }")
        try place.succeed("topic", "export", "readings", "r.jsonl")
        let outcome = try place.run("topic", "import", "a", "r.jsonl")
        #expect(outcome.status == 78 && outcome.errors.contains("holds records of A@1"))
    }

    @Test("--quiet hides the progress bar and not the result")
    func quiet() async throws {
        let place = try Workplace()
        try await place.fillReadings(10)
        let exported = try place.succeed("topic", "export", "readings", "out.jsonl", "--quiet")
        #expect(exported.output == "exported 10 records of readings to out.jsonl\n")
        let imported = try place.succeed("topic", "import", "copy", "out.jsonl", "--quiet")
        #expect(imported.output == "imported 10 records into copy\n")
        let again = try place.succeed(
            "topic", "export", "readings", "out.jsonl", "--quiet", "--json", "--overwrite"
        ).json()
        #expect(again["records"] as? Int == 10 && again["file"] as? String == "out.jsonl")
        #expect(
            try place.succeed("topic", "import", "copy", "out.jsonl", "--quiet", "--json").json()["records"] as? Int
                == 10)
    }

    @Test("an existing file is kept unless --overwrite says otherwise, and no half file is left")
    func existingFile() async throws {
        let place = try Workplace()
        try await place.fillReadings(10)
        try place.write("mine", to: "out.csv")
        let refused = try place.run("topic", "export", "readings", "out.csv")
        let kept = try place.read("out.csv")
        #expect(refused.status == 74 && String(decoding: kept, as: UTF8.self) == "mine")
        try place.succeed("topic", "export", "readings", "out.csv", "--overwrite")
        #expect(try place.read("out.csv").count > 100)
        #expect(!FileManager.default.fileExists(atPath: place("out.csv.unfinished")))
    }
}
