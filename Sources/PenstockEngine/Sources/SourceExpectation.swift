/// What a source will give, as far as that can be told before it is read.
public struct SourceExpectation: Sendable, Hashable {
    /// Events.
    public var events: Int
    /// Their bytes, payloads included.
    public var bytes: Int

    /// So many events of so many bytes in all.
    public init(events: Int, bytes: Int) { (self.events, self.bytes) = (events, bytes) }
}
