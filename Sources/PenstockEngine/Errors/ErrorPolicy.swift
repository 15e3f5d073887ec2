/// What a stage does with an event that it cannot handle.
///
/// What fails is decided by the event alone, so it is the same for every batch size and parallelism and after a restart.
public enum ErrorPolicy: Sendable, Hashable {
    /// The run ends with an error that names the stage, and the topic or source, the partition and the number of the event.
    case fail
    /// The event is left out and counted, and the stage goes on behind it.
    case skip
    /// As `skip`, and a `DeadLetter` about the event leaves at a side output.
    case deadLetter(SideOutputName)

    /// The side output of the letters, or nil.
    var side: SideOutputName? {
        if case .deadLetter(let side) = self { side } else { nil }
    }
}
