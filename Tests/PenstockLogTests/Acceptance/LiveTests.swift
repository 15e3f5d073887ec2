import PenstockEvents
import PenstockLog
import Testing

@Suite("A consumer beside a producer")
struct LiveTests {
    @Test(
        "L9: three events that were submitted, and neither awaited nor followed by another, come to a reader of another log object",
        arguments: Durability.allCases)
    func unawaited(durability: Durability) async throws {
        let scratch = Scratch()
        let log = try await EmbeddedLog.withReadings(scratch, durability: durability)
        let writer = try await log.writer(for: readings)
        let other = try await EmbeddedLog(directory: scratch.path("log"), creating: false)
        let reader = try await other.reader(for: readings, from: .earliest)
        for number in 0..<3 { _ = try await writer.submit(batch(number..<number + 1)) }
        // Where nothing sent them this would wait for ever.
        var seen: [UInt64] = []
        while seen.count < 3 {
            guard case .records(let records) = try await reader.following() else { continue }
            for index in 0..<records.count { seen.append(try records.event(Reading.self, at: index).count) }
        }
        #expect(seen == [0, 1, 2])
        try await writer.close()
    }

    @Test("L13: of a bounded run with an end-of-stream mark the consumer finishes by itself", arguments: [true, false])
    func endOfStream(inOneProcess: Bool) async throws {
        let scratch = Scratch()
        let log = try await EmbeddedLog.withReadings(scratch)
        let other = inOneProcess ? log : try await EmbeddedLog(directory: scratch.path("log"), creating: false)
        let reader = try await other.reader(for: readings, from: .earliest)
        // It follows: without the mark it would wait for more for ever.
        let consumer = Task {
            var seen = 0
            while true {
                switch try await reader.following() {
                case .records(let records): seen += records.count
                case .control(.endOfStream, let offset): return (seen, offset)
                case .control: continue
                }
            }
        }
        let writer = try await log.writer(for: readings)
        for start in stride(from: 0, to: 1000, by: 100) { try await writer.append(batch(start..<start + 100)) }
        try await writer.append(control: .endOfStream)
        let (seen, offset) = try await consumer.value
        #expect(seen == 1000 && offset == 1000)
        try await writer.close()
        // The mark stays: who comes later finishes, too, and may look for it alone.
        let late = try await other.reader(for: readings, from: .earliest)
        let mark = try #require(try await late.nextControl())
        #expect(mark.record == .endOfStream && mark.offset == 1000)
    }
}
