internal import Foundation

/// Counts of numbers in buckets whose widths grow with the numbers: quantiles with a stated relative error.
///
/// The sketch of C. Masson, J. E. Rim and H. K. Lee (DDSketch, 2019, doi:10.14778/3352063.3352135) without the collapsing of buckets: counts
/// are added, so that merging is exact and every order gives the same bits. Numbers below the least normal one in size count as zero.
public struct QuantileSketch: Sendable, Hashable {
    /// How many numbers there are.
    public private(set) var count: Int64 = 0

    private let gamma: Double
    private let scale: Double
    private var negative = Buckets()
    private var zeros: Int64 = 0
    private var positive = Buckets()
    private var lowInfinities: Int64 = 0
    private var highInfinities: Int64 = 0
    private var nans: Int64 = 0

    /// The relative errors that are possible.
    public static let possibleErrors = 1e-4...0.5

    /// An empty sketch whose quantiles differ from the exact ones by at most `relativeError` of their size, 1e-4 to 0.5.
    public init(relativeError: Double) {
        gamma = (1 + relativeError) / (1 - relativeError)
        scale = 1 / log(gamma)
    }

    /// Adds a number.
    public mutating func add(_ number: Double) {
        count += 1
        let size = abs(number)
        if size.isNormal {
            let bucket = Int((log(size) * scale).rounded(.up))
            if number > 0 { positive.add(1, to: bucket) } else { negative.add(1, to: bucket) }
        } else if number.isNaN {
            nans += 1
        } else if number == .infinity {
            highInfinities += 1
        } else if number == -.infinity {
            lowInfinities += 1
        } else {
            zeros += 1
        }
    }

    /// Adds the numbers of another sketch with the same relative error.
    public mutating func merge(_ other: QuantileSketch) {
        precondition(other.gamma == gamma, "sketches with different relative errors")
        count += other.count
        negative.add(other.negative)
        zeros += other.zeros
        positive.add(other.positive)
        lowInfinities += other.lowInfinities
        highInfinities += other.highInfinities
        nans += other.nans
    }

    /// The number below which the share `q` (0 to 1) of the numbers lies; NaN if there is none, or if one of them is NaN.
    public func quantile(_ q: Double) -> Double {
        guard count > 0, nans == 0 else { return .nan }
        var rank = Int64(q * Double(count - 1))
        if rank < lowInfinities { return -.infinity }
        rank -= lowInfinities
        // The largest of the negative buckets has the least numbers.
        if let bucket = negative.reversedBucket(at: rank) { return -middle(bucket) }
        rank -= negative.total
        if rank < zeros { return 0 }
        rank -= zeros
        if let bucket = positive.bucket(at: rank) { return middle(bucket) }
        return .infinity
    }

    private func middle(_ bucket: Int) -> Double { 2 * pow(gamma, Double(bucket)) / (gamma + 1) }
}

extension QuantileSketch: OwnCoding {
    static var ownCoding: (any ValueCoding)? {
        CodingOf<QuantileSketch> { sketch, encoder in
            encoder.put(sketch.gamma)
            encoder.put(sketch.scale)
            for count in [sketch.count, sketch.zeros, sketch.lowInfinities, sketch.highInfinities, sketch.nans] {
                encoder.put(count)
            }
            for buckets in [sketch.negative, sketch.positive] { buckets.write(&encoder) }
        } read: { decoder in
            var sketch = QuantileSketch(gamma: try decoder.double(), scale: try decoder.double())
            (sketch.count, sketch.zeros) = (try decoder.integer(), try decoder.integer())
            (sketch.lowInfinities, sketch.highInfinities) = (try decoder.integer(), try decoder.integer())
            sketch.nans = try decoder.integer()
            (sketch.negative, sketch.positive) = (try Buckets(&decoder), try Buckets(&decoder))
            return sketch
        }
    }

    private init(gamma: Double, scale: Double) {
        self.gamma = gamma
        self.scale = scale
    }
}

/// Counts by bucket number, dense between the least and the largest bucket that has any.
private struct Buckets: Sendable, Hashable {
    private var first = 0
    private var counts: [Int64] = []
    private(set) var total: Int64 = 0

    init() {}

    init(_ decoder: inout StateDecoder) throws {
        first = Int(try decoder.integer(Int64.self))
        counts = try decoder.all()
        total = counts.reduce(0, +)
    }

    func write(_ encoder: inout StateEncoder) {
        encoder.put(Int64(first))
        encoder.put(all: counts)
    }

    mutating func add(_ number: Int64, to bucket: Int) {
        total += number
        if counts.isEmpty { first = bucket }
        if bucket < first {
            counts.insert(contentsOf: repeatElement(0, count: first - bucket), at: 0)
            first = bucket
        } else if bucket - first >= counts.count {
            counts.append(contentsOf: repeatElement(0, count: bucket - first - counts.count + 1))
        }
        counts[bucket - first] += number
    }

    mutating func add(_ other: Buckets) {
        for (k, number) in other.counts.enumerated() where number > 0 { add(number, to: other.first + k) }
    }

    func bucket(at rank: Int64) -> Int? {
        guard rank < total else { return nil }
        var passed: Int64 = 0
        let place = counts.firstIndex { number in
            passed += number
            return passed > rank
        }
        return place.map { $0 + first }
    }

    func reversedBucket(at rank: Int64) -> Int? {
        guard rank < total else { return nil }
        return bucket(at: total - 1 - rank)
    }
}

/// Quantiles of a number over the events of a window.
public struct QuantilesOfNumber<Value: Sendable>: Aggregator {
    @usableFromInline let number: @Sendable (Value) -> Double
    @usableFromInline let shares: [Double]
    @usableFromInline let relativeError: Double

    /// Always: the buckets' counts are added.
    public var isOrderFree: Bool { true }

    /// The quantiles at `shares` of what `number` gives.
    @inlinable public init(_ shares: [Double], relativeError: Double, _ number: @escaping @Sendable (Value) -> Double) {
        self.shares = shares
        self.relativeError = relativeError
        self.number = number
    }

    /// The sketch of no numbers.
    @inlinable public func makeState() -> QuantileSketch { QuantileSketch(relativeError: relativeError) }

    /// Adds the event's number.
    @inlinable public func add(_ value: Value, at place: EventPlace, to state: inout QuantileSketch) {
        state.add(number(value))
    }

    /// Adds the counts.
    @inlinable public func merge(_ later: QuantileSketch, into state: inout QuantileSketch) { state.merge(later) }

    /// The quantiles in the order of the shares.
    @inlinable public func result(of state: QuantileSketch, in window: WindowSpan) -> [Double] {
        shares.map { state.quantile($0) }
    }
}
