internal import PenstockEvents

/// What `penstock doctor` has found out about one thing.
struct Finding {
    enum Verdict: String {
        /// It is as it should be.
        case good
        /// Penstock does without it, or it may be too little.
        case note
        /// Penstock cannot work so.
        case bad
    }

    let verdict: Verdict
    /// What was looked at.
    let subject: String
    let text: String
    /// How to make it better.
    let hint: String?

    init(_ verdict: Verdict, _ subject: String, _ text: String, hint: String? = nil) {
        self.verdict = verdict
        self.subject = subject
        self.text = text
        self.hint = hint
    }

    var json: JSON {
        JSON.members([
            "verdict": .text(verdict.rawValue), "subject": .text(subject), "text": .text(text),
            "hint": hint.map { .text($0) },
        ])
    }
}
