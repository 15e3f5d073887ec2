import Foundation
import PenstockEvents
import Testing

@Suite("Instants as text")
struct TimestampTextTests {
    @Test(
        "an instant is written as ISO 8601 with nine digits (values from GNU date -u)",
        arguments: [
            (0, "1970-01-01T00:00:00.000000000Z"),
            (1_700_000_000_123_456_789, "2023-11-14T22:13:20.123456789Z"),
            (-1, "1969-12-31T23:59:59.999999999Z"),
            (951_782_400_000_000_000, "2000-02-29T00:00:00.000000000Z"),
            (-2_203_891_200_000_000_000, "1900-03-01T00:00:00.000000000Z"),
            (4_107_542_399_000_000_000, "2100-02-28T23:59:59.000000000Z"),
        ] as [(Int64, String)])
    func known(nanoseconds: Int64, text: String) {
        #expect(Timestamp(nanoseconds: nanoseconds).iso8601 == text)
        #expect(Timestamp(iso8601: text)?.nanoseconds == nanoseconds)
    }

    @Test("every instant comes back from its text, and the seconds agree with Foundation's calendar")
    func roundTrip() throws {
        let seed: UInt64 = 41
        var random = SeededGenerator(seed: seed)
        let formatter = ISO8601DateFormatter()
        for _ in 0..<2000 {
            let limit = Timestamp.limitNanoseconds
            let time = Timestamp(nanoseconds: Int64.random(in: -limit...limit, using: &random))
            let text = time.iso8601
            #expect(Timestamp(iso8601: text) == time, "seed \(seed)")
            let date = try #require(formatter.date(from: String(text.prefix(19)) + "Z"))
            // In whole numbers: a Double of this size holds microseconds.
            let remainder = time.nanoseconds % 1_000_000_000
            let seconds = time.nanoseconds / 1_000_000_000 - (remainder < 0 ? 1 : 0)
            #expect(Int64(date.timeIntervalSince1970) == seconds, "seed \(seed), \(text)")
        }
    }

    @Test(
        "shorter forms and offsets are read",
        arguments: [
            ("1970-01-02", 86_400_000_000_000), ("1970-01-01T01:00Z", 3_600_000_000_000),
            ("1970-01-01 00:00:01.5", 1_500_000_000), ("1970-01-01T01:00:00+01:00", 0),
            ("1970-01-01T00:00:00-0030", 1_800_000_000_000),
        ] as [(String, Int64)])
    func shorter(text: String, nanoseconds: Int64) {
        #expect(Timestamp(iso8601: text)?.nanoseconds == nanoseconds)
    }

    @Test(
        "what is no instant is refused",
        arguments: [
            "", "1970", "1970-13-01", "1970-02-30", "1900-02-29", "1970-01-01T24:00:00Z", "1970-01-01T00:60Z",
            "1970-01-01T00:00:60Z", "1970-01-01T00:00:00.", "1970-01-01T00:00:00.1234567890Z", "1970-01-01Z",
            "1970-01-01T00:00:00Zulu", "9999-01-01", "1970-1-1", "yesterday", "1970-01-01T00:00:00+1",
        ])
    func refused(text: String) { #expect(Timestamp(iso8601: text) == nil) }
}
