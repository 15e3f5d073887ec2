/// What one process has seen of the sessions of others, by its own clock.
///
/// A session is dead when its sign of life has not changed, from the end of one look to the beginning of another, for its lease and the
/// margin. By then its holder has stopped believing in it: the last renewal that this process could see was sent before the first look, and
/// a later one, which was not there at the second look, comes too late for the holder. So a verdict is final.
struct SessionSightings {
    /// Sessions that are remembered; of more, those seen first are forgotten, and observed anew.
    static let limit = 8192
    /// How many times longer than to its death a session's files stay, so that others find their verdict by them, too.
    private static let burialPatience = 10

    enum Verdict: Equatable {
        /// It may live. Without a sign of life it is dead to a look that begins at this instant.
        case alive(until: MonotonicInstant)
        /// It never acts again. True where its files can go.
        case dead(isForgotten: Bool)
    }

    private struct Sighting {
        /// Nil where its file was not there.
        var sign: [UInt8]?
        var since: MonotonicInstant
        var isDead = false
    }

    private var sightings: [String: Sighting] = [:]

    /// Takes note of a look at a session.
    /// - Parameters:
    ///   - sign: its sign of life, whatever it is; nil where there was none.
    ///   - began: when the look began.
    ///   - ended: when it had ended.
    ///   - patience: the session's lease and the margin.
    mutating func look(
        at session: String, sign: [UInt8]?, began: MonotonicInstant, ended: MonotonicInstant, patience: Duration
    ) -> Verdict {
        guard let known = sightings[session], known.isDead || known.sign == sign else {
            if sightings.count >= Self.limit, let oldest = sightings.min(by: { $0.value.since < $1.value.since }) {
                sightings[oldest.key] = nil
            }
            sightings[session] = Sighting(sign: sign, since: ended)
            return .alive(until: ended + patience)
        }
        guard known.isDead || began >= known.since + patience else { return .alive(until: known.since + patience) }
        sightings[session]!.isDead = true
        return .dead(isForgotten: began >= known.since + patience * Self.burialPatience)
    }

    /// Whether a session was found dead before.
    func isDead(_ session: String) -> Bool { sightings[session]?.isDead ?? false }
}
