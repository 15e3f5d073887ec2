/// Something that happens when a source comes to an event, for runs that are to end before their end.
public struct StopPoint: Sendable {
    /// The number of the event, counted over all partitions.
    public let event: Int
    /// Called when the source has come there; while it says true the source gives nothing.
    public let wait: @Sendable () -> Bool

    /// Calls `wait` at the event with this number and those behind it.
    public init(event: Int, wait: @escaping @Sendable () -> Bool) {
        self.event = event
        self.wait = wait
    }

    func holds(at next: Int) -> Bool { next >= event && wait() }
}
