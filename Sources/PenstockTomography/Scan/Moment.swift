internal import PenstockEvents

/// The time of an event that waits in a state, for its snapshot.
struct Moment: FixedEvent {
    let nanoseconds: Int64
    static let schema = Schema("Moment", fields: [.init("time", .i64, unit: "ns")])
}
