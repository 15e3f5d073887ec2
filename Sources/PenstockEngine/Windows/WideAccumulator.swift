/// An accumulator of integers with what its sum has carried beyond 64 bits beside it.
///
/// It never overflows while numbers are added, so whether a sum fits is a question of the whole sum and not of the order of its numbers.
struct WideAccumulator<Narrow: Accumulator>: Accumulator {
    private var narrow: Narrow
    private var carried: Int64 = 0

    @inline(__always) init(_ number: Narrow.Number) { narrow = Narrow(number) }

    @inline(__always) mutating func add(_ number: Narrow.Number) -> Bool {
        if !narrow.add(number) { carried &+= Narrow.carry(of: number) }
        return true
    }

    @inline(__always) mutating func merge(_ later: Self) -> Bool {
        if !narrow.merge(later.narrow) { carried &+= Narrow.carry(ofMerging: later.narrow) }
        carried &+= later.carried
        return true
    }

    var fits: Bool { carried == 0 }

    /// The result, of a sum that fits.
    var result: AggregateResult { narrow.result }
}
