@testable import Penstock

/// What the tests of bad input read, and where the bad goes.
enum BadInput {
    struct Step: Sendable, Hashable {
        var key: Double
        var value: Int
    }

    static let letters = SideOutput("letters", of: DeadLetter.self)

    /// Events at these instants, each with its place as its value.
    static func source(_ times: [Int64], key: @escaping @Sendable (Int) -> Double = { _ in 1 }) -> From<Step> {
        From(
            Generated(times.count) { n in (Step(key: key(n), value: n), Timestamp(nanoseconds: times[n])) },
            disorder: .bounded(by: .seconds(1)))
    }
}

extension Collected<DeadLetter> {
    /// The numbers of the events in their source.
    var numbers: [Int64] { values.map { $0.number ?? -1 } }
}
