import PenstockEvents
import PenstockLog
import Testing

@Suite("Time that goes backwards")
struct ClockTests {
    @Test(
        "a clock that falls by hours, and event times that fall, change neither order nor offsets; what is there is intact"
    )
    func backwards() async throws {
        let scratch = Scratch()
        let clock = ManualClock(seconds: 1_000_000)
        let log = try await EmbeddedLog(directory: scratch.path("log"), clock: clock)
        _ = try await log.createTopic("readings", schema: Reading.schema, configuration: .init(durability: .pageCache))
        for owner in 0..<3 {
            let writer = try await log.writer(for: readings)
            for number in 0..<10 {
                clock.set(seconds: 1_000_000 - 7200 * Int64(10 * owner + number))
                var builder = RecordBatchBuilder(schemaID: Reading.schema.id)
                builder.append(
                    Reading(10 * owner + number), time: Timestamp(nanoseconds: Int64(100 - 10 * owner - number)))
                try await writer.append(builder)
            }
            try await writer.close()
        }
        #expect(try await counts(log.reader(for: readings, from: .earliest)) == (0..<30).map { UInt64($0) })
        // The first record at or behind time 90 is the first of all, whatever comes later.
        let reader = try await log.reader(for: readings, from: .time(Timestamp(nanoseconds: 90)))
        #expect(await reader.position == 0)
        #expect(try await log.verify(topic: "readings").findings.isEmpty)
        #expect(log.recoveryReports.isEmpty)
    }
}
