/// Waits until something is the case; not for ever.
func wait(until isCase: @Sendable () -> Bool) async throws {
    for _ in 0..<30_000 {
        if isCase() { return }
        try await Task.sleep(for: .milliseconds(1))
    }
    throw Failure(text: "what was waited for has not come")
}
