import PenstockEvents

@testable import PenstockEngine

/// A row of an aggregate with everything that can be seen of it; floats by their bits.
struct Row: Sendable, Hashable, CustomStringConvertible {
    var key: String
    var start: Int64
    var end: Int64
    var count: Int64 = 0
    var integer: Int64 = 0
    var bits: UInt64 = 0
    var isComplete = true

    var float: Double { Double(bitPattern: bits) }

    var description: String {
        "\(key) [\(start), \(end)) count \(count) integer \(integer) float \(float)\(isComplete ? "" : " rest")"
    }
}

/// What is taken from a sample.
enum Taken: CaseIterable, Sendable {
    case nothing, integer, float
}

extension Taken {
    /// Takes it; nil where nothing is taken.
    var kernel: NumberKernel? {
        switch self {
        case .nothing: nil
        case .integer:
            NumberKernel(integers: { rows, input, numbers in
                for k in 0..<rows.count {
                    numbers[rows[k]] = input.assumingMemoryBound(to: Sample.self)[rows[k]].number
                }
                return KernelOutcome(processed: rows.count)
            })
        case .float:
            NumberKernel(floats: { rows, input, numbers in
                for k in 0..<rows.count {
                    numbers[rows[k]] = input.assumingMemoryBound(to: Sample.self)[rows[k]].float
                }
                return KernelOutcome(processed: rows.count)
            })
        }
    }
}

extension Aggregate {
    /// An aggregate of samples whose rows are of type `Row`.
    init(_ function: Function, _ taken: Taken, keyedByText: Bool = false, emission: Emission = Emission()) {
        self.init(function, of: taken.kernel, row: ValueType(Row.self), emission: emission) { rows, target in
            for k in 0..<rows.count {
                (target.assumingMemoryBound(to: Row.self) + k).initialize(to: Row(rows, k, keyedByText: keyedByText))
            }
        }
    }
}

extension Row {
    init(_ rows: ClosedRows, _ k: Int, keyedByText: Bool) {
        let result = rows.result(k)
        self.init(
            key: keyedByText ? rows.key(k, as: String.self) : "\(rows.key(k, as: Int64.self))",
            start: rows.window(k).start.nanoseconds, end: rows.window(k).end.nanoseconds, count: result.count,
            integer: result.integer, bits: result.float.bitPattern, isComplete: rows.isComplete(k))
    }
}
