import Penstock
import PenstockTomography

/// Which projections are reconstructed together, and how often.
struct WindowOptions: ParsableArguments {
    @Option(
        parsing: .unconditional,
        help: "Window: whole, the latest part of a turn such as 180deg, above 0, or a number of projections.")
    var window = ScanWindow.whole
    @Option(
        parsing: .unconditional, help: "Distance between windows, above 0: such as 15deg, or a number of projections.")
    var every = WindowStep.degrees(15)

    /// The windows' rule.
    var rule: ProjectionWindows.Rule { window.rule(every: every) }

    /// Whether windows follow each other: `--window whole` has one.
    var areSeveral: Bool { window != .whole }

    /// How many of so many projections a window holds at most; where the step of the angles is not known, all.
    func projections(of count: Int) -> Int {
        if case .projections(let latest) = window { min(latest, count) } else { count }
    }

    /// What the volume says about how it was made.
    var parameters: [String: String] { ["window": "\(window)", "every": "\(every)"] }
}

/// The window of projections as the command line has it.
enum ScanWindow: Sendable, Hashable, ExpressibleByArgument, CustomStringConvertible {
    case whole
    case degrees(Double)
    case projections(Int)

    init?(argument: String) {
        if argument == "whole" {
            self = .whole
        } else if let degrees = parseDegrees(argument) {
            self = .degrees(degrees)
        } else if let count = Int(argument), count > 0 {
            self = .projections(count)
        } else {
            return nil
        }
    }

    var description: String {
        switch self {
        case .whole: "whole"
        case .degrees(let degrees): degreesText(degrees)
        case .projections(let count): "\(count)"
        }
    }

    /// The windows' rule; a step of the other kind than the window is replaced by the nearest sensible one.
    func rule(every step: WindowStep) -> ProjectionWindows.Rule {
        switch (self, step) {
        case (.whole, _): .whole
        case (.degrees(let degrees), .degrees(let every)): .angle(degrees: degrees, every: every)
        case (.degrees(let degrees), .projections): .angle(degrees: degrees, every: degrees / 12)
        case (.projections(let count), .projections(let every)): .latest(count: count, every: every)
        case (.projections(let count), .degrees): .latest(count: count, every: max(1, count / 12))
        }
    }
}

/// The distance between windows as the command line has it.
enum WindowStep: Sendable, Hashable, ExpressibleByArgument, CustomStringConvertible {
    case degrees(Double)
    case projections(Int)

    init?(argument: String) {
        if let degrees = parseDegrees(argument) {
            self = .degrees(degrees)
        } else if let count = Int(argument), count > 0 {
            self = .projections(count)
        } else {
            return nil
        }
    }

    var description: String {
        switch self {
        case .degrees(let degrees): degreesText(degrees)
        case .projections(let count): "\(count)"
        }
    }
}

/// 180 as `180deg`.
private func degreesText(_ degrees: Double) -> String {
    degrees == degrees.rounded() ? "\(Int(degrees))deg" : "\(degrees)deg"
}

/// `180deg` as 180; nil for anything that is not a positive number of degrees, of at most a hundred thousand turns.
private func parseDegrees(_ text: String) -> Double? {
    guard text.hasSuffix("deg"), let value = Double(text.dropLast(3)), value > 0, value <= 36e6 else { return nil }
    return value
}
