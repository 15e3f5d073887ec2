internal import Foundation
internal import PenstockEngine
internal import PenstockEvents

/// Numbers as people read them in a table.
enum FigureText {
    /// `98765`, `1.23 M`.
    static func count(_ number: Int) -> String {
        if number < 100_000 { return "\(number)" }
        return scaled(Double(number), by: 1000, ["", " k", " M", " G", " T"])
    }

    /// `512 B`, `36.5 KiB`.
    static func bytes(_ number: Int) -> String {
        scaled(Double(number), by: 1024, [" B", " KiB", " MiB", " GiB", " TiB"])
    }

    /// `35 ms`, `3.2 s`, `12 min`.
    static func duration(_ duration: Duration) -> String {
        let seconds = duration / .seconds(1)
        if duration < .nanoseconds(1000) { return duration == .zero ? "0 s" : "\(duration.nanoseconds) ns" }
        if seconds < 0.9995e-3 { return "\(digits(seconds * 1e6)) us" }
        if seconds < 0.9995 { return "\(digits(seconds * 1e3)) ms" }
        if seconds < 120 { return "\(digits(seconds)) s" }
        return seconds < 7200 ? "\(digits(seconds / 60)) min" : "\(digits(seconds / 3600)) h"
    }

    /// `83%`.
    static func share(_ part: Duration, of whole: Duration) -> String {
        guard whole > .zero else { return "-" }
        return "\(Int((part / whole * 100).rounded()))%"
    }

    /// ISO 8601 to the millisecond, without what is zero at its end; `-` before the first event, `end` after the last.
    static func time(_ time: Timestamp) -> String {
        if time == .distantPast { return "-" }
        if time == .distantFuture { return "end" }
        let whole = time.iso8601
        guard let point = whole.firstIndex(of: ".") else { return whole }
        var fraction = whole[point...].dropLast().prefix(4)
        while fraction.last == "0" || fraction.last == "." { fraction.removeLast() }
        return whole[..<point] + fraction + "Z"
    }

    private static func scaled(_ number: Double, by step: Double, _ units: [String]) -> String {
        var (scaled, unit) = (number, 0)
        while scaled >= step * 0.9995, unit < units.count - 1 {
            scaled /= step
            unit += 1
        }
        return (unit == 0 ? "\(Int(scaled))" : digits(scaled)) + units[unit]
    }

    /// Three digits.
    private static func digits(_ number: Double) -> String {
        String(format: number < 9.995 ? "%.2f" : number < 99.95 ? "%.1f" : "%.0f", number)
    }
}

extension WatermarkHold.Reason {
    /// The reason in words behind the name of the partition.
    var text: String {
        switch self {
        case .noRecordYet: "no record yet"
        case .quiet(let time): "quiet for \(FigureText.duration(time))"
        case .paused(let time): "paused for \(FigureText.duration(time)), ahead of those it is aligned with"
        case .blocked(let from, let to): "blocked: instance \(to) does not keep up with \(from)"
        case .queued(_, let to): "further already, what it sent waits before instance \(to)"
        case .reading: "being read, its events are the oldest"
        }
    }
}

extension PartitionReading {
    /// What is done with the partition, in words.
    var text: String {
        switch self {
        case .reading: "reading"
        case .noRecordYet: "no record yet"
        case .quiet(let time): "quiet for \(FigureText.duration(time))"
        case .idle(let time): "left out, quiet for \(FigureText.duration(time))"
        case .paused(let time): "paused for \(FigureText.duration(time)), ahead of the others"
        case .ended: "ended"
        }
    }
}
