import Foundation
import PenstockBatch
import Testing

@Suite struct WalltimeTests {
    @Test(
        "times in the forms that users of queues write",
        arguments: [
            ("2h", 7200), ("90min", 5400), ("90m", 5400), ("1h30min", 5400), ("1h 30m", 5400), ("45s", 45),
            ("1d", 86_400),
            ("02:00:00", 7200), ("2:00", 7200), ("00:00:45", 45), ("30", 1800), ("1-12:00:00", 129_600),
            ("100:00:00", 360_000), ("1D2H", 93_600),
        ])
    func reads(_ text: String, _ seconds: Int) { #expect(Walltime(text)?.seconds == seconds) }

    @Test(
        "what is no time is refused",
        arguments: [
            "", "0", "00:00:00", "h", "2x", "1m1h", "1h1h", "1:60:00", "1:00:60", "-1h", "1.5h", "2h3", "1-2", "1-2:00",
            "24001h", "99999999", "1:2:3:4", ":30", "½h", "1-0:0:0:0",
        ])
    func refuses(_ text: String) { #expect(Walltime(text) == nil) }

    @Test("it is written as schedulers read it, and as people do")
    func writes() throws {
        #expect(Walltime(seconds: 5400).clock == "01:30:00")
        #expect(Walltime(seconds: 360_000).clock == "100:00:00")
        #expect("\(Walltime(seconds: 5445))" == "1h30min45s")
        #expect("\(Walltime(seconds: 60))" == "1min")
        for seconds in [1, 59, 60, 3599, 3600, 86_399, 86_400, 1_234_567] {
            let time = Walltime(seconds: seconds)
            #expect(Walltime(time.clock) == time)
            #expect(Walltime("\(time)") == time)
            #expect(try JSONDecoder().decode(Walltime.self, from: JSONEncoder().encode(time)) == time)
        }
    }
}

@Suite struct ByteCountTests {
    @Test(
        "amounts of memory",
        arguments: [
            ("1", 1), ("16GiB", 17_179_869_184), ("16GB", 17_179_869_184), ("16g", 17_179_869_184),
            ("512M", 536_870_912),
            ("1.5 GiB", 1_610_612_736), ("2k", 2048), ("1TiB", 1_099_511_627_776),
        ])
    func reads(_ text: String, _ bytes: Int) { #expect(ByteCount(text)?.bytes == bytes) }

    @Test(
        "what is no amount is refused", arguments: ["", "0", "GiB", "1PB", "-1G", "1..5G", "nan", "1e3", "99999999T"])
    func refuses(_ text: String) { #expect(ByteCount(text) == nil) }

    @Test("parts are rounded up, and words are short")
    func parts() {
        #expect(ByteCount(10).divided(by: 3).bytes == 4)
        #expect(ByteCount((1 << 20) + 1).mebibytes == 2)
        #expect("\(ByteCount(1_610_612_736))" == "1.5 GiB")
        #expect("\(ByteCount(17_179_869_184))" == "16 GiB")
        #expect("\(ByteCount(1023))" == "1023 B")
    }
}
