public import PenstockEngine

/// Runs an external program for each event: its files are made from the event, and the result from the files that it writes.
///
/// ```swift
/// RunProgram(converter, files: { (f: Frame) in ["frame.raw": f.bytes] }, reading: ["frame.tif"]) { frame, outcome in
///     Converted(frame, try outcome.get().files["frame.tif"]!)
/// }
/// ```
///
/// One run in which the program hangs, crashes or writes nonsense need not end the stream: `result` gets what went wrong, and may make an event of
/// it. What `result` throws ends the run of the pipeline and names the event. Time and key of a result are those of its event; checkpoints, order
/// and cancelling are those of `MapAsync`.
/// - Parameters:
///   - program: The program, with its time limit, its retries, and how many of it run at a time.
///   - order: Results in the order of events, or as they come between two watermarks.
///   - answers: Whether the same event has the same result in a replay, or where results are recorded.
///   - standardInput: Which of the files the program reads as its standard input.
///   - files: The files that the program finds in its working folder.
///   - reading: The files that it has to have written when it ends.
///   - result: Makes the result.
public func RunProgram<In: Sendable, Out: Sendable>(
    _ program: ExternalProgram, order: AsyncRequests.Order = .ordered, answers: AsyncAnswers<In> = .repeatable,
    standardInput: String? = nil, files: @escaping @Sendable (In) throws -> [String: [UInt8]], reading: [String] = [],
    result: @escaping @Sendable (In, Result<ProgramOutcome, ProgramError>) throws -> Out
) -> MapAsync<In, Out> {
    // More than run at a time, so that a slow one does not keep the next ones waiting.
    MapAsync(capacity: min(8 * program.atATime, 65_536), timeout: nil, order: order, answers: answers) {
        (event: In) in
        let outcome: Result<ProgramOutcome, ProgramError>
        do {
            outcome = .success(
                try await program.run(try files(event), standardInput: standardInput, reading: reading))
        } catch let error as ProgramError {
            outcome = .failure(error)
        }
        return try result(event, outcome)
    }
}
