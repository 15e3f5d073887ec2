// Number, mean and sum of squared differences from the mean, without the cancellation of sums of squares.
//
// One number is added as B. P. Welford does (1962, doi:10.1080/00401706.1962.10490022), two sets are merged as T. F. Chan, G. H. Golub and
// R. J. LeVeque do (1983, doi:10.1080/00031305.1983.10483115).

struct FloatMoments: Accumulator {
    var count: Int64
    var mean: Double
    /// The sum of squared differences from the mean.
    var squares: Double

    @inline(__always) init(_ number: Double) { (count, mean, squares) = (1, number, number.isFinite ? 0 : .nan) }

    @inline(__always) mutating func add(_ number: Double) -> Bool {
        count &+= 1
        let before = number - mean
        mean += before / Double(count)
        squares += before * (number - mean)
        return true
    }

    @inline(__always) mutating func merge(_ later: FloatMoments) -> Bool {
        let both = count &+ later.count
        let difference = later.mean - mean
        let share = Double(later.count) / Double(both)
        mean += difference * share
        squares += later.squares + difference * difference * Double(count) * share
        count = both
        return true
    }

    var result: AggregateResult { AggregateResult(count: count, float: mean, squares: squares) }
}

struct IntegerMoments: Accumulator {
    var moments: FloatMoments

    @inline(__always) init(_ number: Int64) { moments = FloatMoments(Double(number)) }

    @inline(__always) mutating func add(_ number: Int64) -> Bool { moments.add(Double(number)) }

    @inline(__always) mutating func merge(_ later: IntegerMoments) -> Bool { moments.merge(later.moments) }

    var result: AggregateResult { moments.result }
}
