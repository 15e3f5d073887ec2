import PenstockCommands
import Testing

@Suite("The pace of work")
struct PaceTests {
    /// 30 of 100 in 2 s are 15 a second; the other 70 take 4.67 s.
    @Test("rate and time left follow from what is done")
    func running() {
        let pace = Pace(30, in: 2)
        #expect(pace.rate == 15)
        #expect(pace.left(of: 100) == "5 s left")
    }

    @Test("nothing is said of what is left before the beginning and behind the end")
    func unknown() {
        #expect(Pace(0, in: 2).left(of: 100) == nil)
        #expect(Pace(30, in: 0).left(of: 100) == nil)
        #expect(Pace(100, in: 2).left(of: 100) == nil)
    }
}
