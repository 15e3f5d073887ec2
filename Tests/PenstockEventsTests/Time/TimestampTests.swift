import PenstockEvents
import Testing

@Suite("Timestamp and Duration")
struct TimestampTests {
    @Test("instants are usable up to 2^62 nanoseconds on both sides, and not beyond")
    func usable() {
        let limit: Int64 = 4_611_686_018_427_387_904
        #expect(Timestamp.limitNanoseconds == limit)
        for nanoseconds in [0, -1, limit, -limit] {
            #expect(Timestamp(nanoseconds: nanoseconds).isUsable, "\(nanoseconds)")
        }
        for nanoseconds in [limit + 1, -limit - 1, .min, .max] {
            #expect(!Timestamp(nanoseconds: nanoseconds).isUsable, "\(nanoseconds)")
        }
    }

    @Test("the infinities lie outside all usable instants, and are not usable")
    func infinities() {
        #expect(Timestamp.distantPast < Timestamp(nanoseconds: -Timestamp.limitNanoseconds))
        #expect(Timestamp.distantFuture > Timestamp(nanoseconds: Timestamp.limitNanoseconds))
        #expect(!Timestamp.distantPast.isUsable)
        #expect(!Timestamp.distantFuture.isUsable)
    }

    @Test("seconds become the nearest nanosecond, halves away from zero")
    func seconds() {
        let cases: [(Double, Int64)] = [
            (0, 0), (-0.0, 0), (1, 1_000_000_000), (0.1, 100_000_000), (1e-9, 1), (0.4e-9, 0), (0.5e-9, 1),
            (-0.5e-9, -1),
            (-1.25, -1_250_000_000), (4_611_686_018, 4_611_686_018_000_000_000),
        ]
        for (seconds, nanoseconds) in cases {
            #expect(Timestamp(secondsSinceEpoch: seconds)?.nanoseconds == nanoseconds, "\(seconds) s")
        }
    }

    @Test("seconds that are not finite or not usable are no instant")
    func impossibleSeconds() {
        for seconds in [Double.nan, .infinity, -.infinity, 4_611_686_019, -4_611_686_019, 1e300, -1e300, 1.7e308] {
            #expect(Timestamp(secondsSinceEpoch: seconds) == nil, "\(seconds) s")
        }
    }

    @Test("tenths of a second are exact about the present day, although their doubles are not")
    func tenths() {
        let seed: UInt64 = 62
        var generator = SeededGenerator(seed: seed)
        for _ in 0..<10_000 {
            let tenths = Int64.random(in: 16_000_000_000..<20_000_000_000, using: &generator)
            let time = Timestamp(secondsSinceEpoch: Double(tenths) / 10)
            #expect(time?.nanoseconds == tenths * 100_000_000, "\(tenths) tenths, seed \(seed)")
        }
    }

    @Test("below 2^22 seconds an instant survives the way through seconds")
    func roundTrip() {
        let seed: UInt64 = 22
        let limit = 4_194_304 * Int64(1_000_000_000)
        var generator = SeededGenerator(seed: seed)
        for _ in 0..<10_000 {
            let time = Timestamp(nanoseconds: Int64.random(in: -limit...limit, using: &generator))
            #expect(
                Timestamp(secondsSinceEpoch: time.secondsSinceEpoch) == time, "\(time.nanoseconds) ns, seed \(seed)")
        }
    }

    @Test("a duration's nanoseconds are rounded towards zero and clamped")
    func durations() {
        let cases: [(Duration, Int64)] = [
            (.zero, 0),
            (.seconds(2), 2_000_000_000),
            (.milliseconds(-1500), -1_500_000_000),
            (Duration(secondsComponent: 0, attosecondsComponent: 1_999_999_999), 1),
            (Duration(secondsComponent: 0, attosecondsComponent: -1_999_999_999), -1),
            (Duration(secondsComponent: 0, attosecondsComponent: 999_999_999), 0),
            (Duration(secondsComponent: -1, attosecondsComponent: -500_000_000_000_000_000), -1_500_000_000),
            // 2^63 - 1 = 9 223 372 036 854 775 807
            (Duration(secondsComponent: 9_223_372_036, attosecondsComponent: 854_775_807_000_000_000), .max),
            (Duration(secondsComponent: 9_223_372_036, attosecondsComponent: 854_775_808_000_000_000), .max),
            (Duration(secondsComponent: 9_223_372_037, attosecondsComponent: 0), .max),
            (Duration(secondsComponent: -9_223_372_036, attosecondsComponent: -854_775_808_000_000_000), .min),
            (Duration(secondsComponent: -9_223_372_036, attosecondsComponent: -854_775_809_000_000_000), .min),
            (Duration(secondsComponent: -9_223_372_037, attosecondsComponent: 0), .min),
            (.seconds(Int64.max), .max),
            (.seconds(Int64.min), .min),
        ]
        for (duration, nanoseconds) in cases {
            #expect(duration.nanoseconds == nanoseconds, "\(duration)")
        }
    }

    @Test("the system's clock stands in this century")
    func systemClock() {
        let now = SystemWallClock().now()
        #expect(now.isUsable)
        #expect(now.nanoseconds > 1_700_000_000 * 1_000_000_000, "before November 2023")
    }
}
