internal import PenstockEvents

/// Windows of activity: events of a key that follow each other within a gap are one session.
///
/// An event at `t` covers the closed interval [t, t + gap]. Intervals that share an instant belong together, so two events exactly the gap
/// apart are one session. A session answers once, when the watermark has reached its end plus the allowed lateness.
public struct SessionWindows: Sendable {
    /// How long a session lasts behind an event.
    public enum Gap: Sendable {
        /// The same for all events, in nanoseconds.
        case fixed(Int64)
        /// In nanoseconds, taken from each event; integers.
        case each(NumberKernel)
    }

    /// How long a session lasts behind an event.
    public let gap: Gap

    /// Sessions of a gap.
    public init(gap: Gap) { self.gap = gap }

    /// The longest gap.
    static let longest = TimeWindows.longest

    /// What is wrong with the gap, or nil.
    var defect: String? {
        if case .fixed(let gap) = gap { Self.defect(gap: gap) } else { nil }
    }

    /// What is wrong with a gap, or nil.
    static func defect(gap: Int64) -> String? {
        if gap <= 0 { return "a session's gap must be positive, but it is \(gap) ns" }
        return gap > longest ? "a session's gap is longer than 2^60 ns (36 years)" : nil
    }
}

/// An event asks for a gap that no session can have.
struct IllegalGap: Diagnostic {
    let stage: StageName
    let sequence: UInt64
    let time: Timestamp
    let gap: Int64

    var summary: String {
        "stage \(stage): event \(sequence) of its source, at \(time.nanoseconds) ns, gives a session a gap of \(gap) ns"
    }
    var hint: String? { SessionWindows.defect(gap: gap) }
    var category: FailureCategory { .data }
}

extension KeyedWindow {
    /// What is wrong with when rows are put out, or nil. A session answers once, so it has no early rows and none for late events.
    func defect(of emission: Emission) -> String? {
        guard case .session = self else { return nil }
        if emission.givesEarlyRows { return "a session has no early rows: it answers once, when it has ended" }
        guard emission.lateRows == .eachEvent else { return nil }
        return "a session has no row for each late event: it waits as long as lateness is allowed and answers once"
    }

    /// Whether there can be more than one row of a key and window.
    func repeatsRows(_ emission: Emission) -> Bool {
        if case .session = self { false } else { emission != Emission() }
    }
}
