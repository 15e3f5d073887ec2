public import Penstock
import Synchronization

/// What the rows of a result come to, in any order.
public struct RowTotal: Sendable, Hashable {
    /// The number of rows.
    public var rows = 0
    /// The wrapping sum of their hashes.
    public var sum: UInt64 = 0

    /// No rows.
    public init() {}

    /// A total that is known.
    public init(rows: Int, sum: UInt64) {
        self.rows = rows
        self.sum = sum
    }

    /// The sum as 16 hexadecimal digits.
    public var checksum: String {
        let digits = String(sum, radix: 16)
        return String(repeating: "0", count: 16 - digits.count) + digits
    }
}

/// A sink that counts rows and adds up their hashes, a batch at a time.
public final class ChecksumSink<Row: SummedRow>: Sink {
    private let added = Mutex(RowTotal())

    /// A sink that has seen no rows.
    public init() {}

    /// The rows of the last run.
    public var total: RowTotal { added.withLock { $0 } }

    /// What it is.
    public var summary: String { "checksum" }

    /// A sum does not depend on the order.
    public var takesAnyOrder: Bool { true }

    /// Sums go on where the checkpoint left them.
    public var delivery: SinkDelivery { .exactlyOnce }

    /// Always possible.
    public func check(_ context: SinkContext) {}

    /// Begins with no rows.
    public func open(_ context: SinkContext) -> any SinkWriter<Row> {
        added.withLock { $0 = RowTotal() }
        return Writer(sink: self)
    }

    /// Goes on with the rows of a checkpoint.
    public func reopen(_ context: SinkContext, from state: [UInt8]) -> any SinkWriter<Row> {
        let numbers = state.withUnsafeBytes { bytes in
            (0..<2).map { UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: $0 * 8, as: UInt64.self)) }
        }
        added.withLock { $0 = RowTotal(rows: Int(numbers[0]), sum: numbers[1]) }
        return Writer(sink: self)
    }

    private struct Writer: SinkWriter {
        let sink: ChecksumSink<Row>

        mutating func checkpoint() -> [UInt8]? {
            let total = sink.total
            return [UInt64(total.rows), total.sum].flatMap { number in
                withUnsafeBytes(of: number.littleEndian) { Array($0) }
            }
        }

        mutating func write(_ events: Events<Row>) {
            let total = Row.total(of: events)
            sink.added.withLock { added in
                added.rows += total.rows
                added.sum &+= total.sum
            }
        }

        mutating func finish() {}

        mutating func abandon() {}
    }
}
