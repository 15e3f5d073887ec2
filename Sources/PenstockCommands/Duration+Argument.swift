public import ArgumentParser

/// Durations on the command line: `60` and `60s` are a minute, `250ms` is a quarter of a second.
///
/// The units are `ns`, `us`, `ms`, `s`, `min` and `h`; without one a number is in seconds. Durations are rounded to whole nanoseconds and end
/// at 2^60 ns (36 years), as windows and bounds do.
extension Duration: @retroactive ExpressibleByArgument {
    /// The duration, or nil where the text is none.
    public init?(argument: String) {
        guard let (number, unit) = TimeUnit.split(argument), unit != .d, unit != .w else { return nil }
        let rounded = (number * (unit ?? .s).nanoseconds).rounded()
        guard abs(rounded) <= Double(1 << 60) else { return nil }
        self = .nanoseconds(Int64(rounded))
    }

    /// The duration in seconds, as `init(argument:)` reads it.
    public var defaultValueDescription: String {
        let seconds = self / .seconds(1)
        return seconds == seconds.rounded() && abs(seconds) < 1e15 ? "\(Int(seconds))s" : "\(seconds)s"
    }
}
