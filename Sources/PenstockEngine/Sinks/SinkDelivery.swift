/// What becomes of the rows of a sink where a run goes on from a checkpoint.
public enum SinkDelivery: String, Sendable, Hashable {
    /// Each row is there once: `checkpoint` says how far the output goes, and `reopen` cuts it there.
    case exactlyOnce
    /// Rows behind the checkpoint come again, each with the number that it had: the receiver may tell by it what it has already. The sink is
    /// opened with `open`; it needs neither `checkpoint` nor `reopen`.
    case atLeastOnce
    /// The sink has said nothing: where its `checkpoint` gives no state, a run cannot go on.
    case none
}
