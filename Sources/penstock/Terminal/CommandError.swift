internal import PenstockEvents

/// What a command refuses or fails at by itself; the log has errors of its own.
struct CommandError: Diagnostic {
    let category: FailureCategory
    let summary: String
    let hint: String?

    init(_ category: FailureCategory, _ summary: String, hint: String? = nil) {
        self.category = category
        self.summary = summary
        self.hint = hint
    }
}
