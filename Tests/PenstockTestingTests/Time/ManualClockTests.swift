import PenstockEvents
import PenstockTesting
import Testing

@Suite("Manual clock")
struct ManualClockTests {
    @Test("stands still until it is set or moved, also backwards")
    func moves() {
        let clock = ManualClock(Timestamp(nanoseconds: 5))
        #expect(clock.now() == Timestamp(nanoseconds: 5))
        clock.advance(nanoseconds: -7)
        #expect(clock.now() == Timestamp(nanoseconds: -2))
        clock.set(Timestamp(nanoseconds: 9))
        #expect(clock.now() == Timestamp(nanoseconds: 9))
    }
}
