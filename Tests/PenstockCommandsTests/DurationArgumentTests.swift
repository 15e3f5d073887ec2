import ArgumentParser
import PenstockCommands
import Testing

@Suite("Durations on the command line")
struct DurationArgumentTests {
    @Test(
        "a number and a unit, or seconds",
        arguments: [
            ("60", .seconds(60)), ("60s", .seconds(60)), ("2.5", .milliseconds(2500)), ("250ms", .milliseconds(250)),
            ("7us", .microseconds(7)), ("9ns", .nanoseconds(9)), ("2min", .seconds(120)), ("1h", .seconds(3600)),
            ("0", .zero), ("-1.5s", .milliseconds(-1500)), ("1e3ms", .seconds(1)),
        ] as [(String, Duration)])
    func right(_ text: String, _ duration: Duration) { #expect(Duration(argument: text) == duration) }

    @Test(
        "what is none is refused", arguments: ["", "s", "nan", "inf", "-inf", "1e300", "60 s", "1d", "min", "2000000h"])
    func wrong(_ text: String) { #expect(Duration(argument: text) == nil) }

    @Test(
        "the default is told as it can be typed",
        arguments: [Duration.seconds(60), .zero, .milliseconds(2500), .nanoseconds(1)])
    func described(_ duration: Duration) { #expect(Duration(argument: duration.defaultValueDescription) == duration) }
}
