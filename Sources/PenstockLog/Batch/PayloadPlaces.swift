/// Where the payloads of a batch lie, counted from the first byte behind the prefix.
enum PayloadPlaces: Sendable {
    /// There are none, or nobody wants them.
    case absent
    /// All of one length, as the frames of a detector are: nothing has to be worked out record by record.
    case uniform(length: Int, step: Int, count: Int)
    /// Where each begins, and the end of the last. A payload ends before the next begins, by at most the gap that aligns it.
    case varying(starts: [Int], end: Int)

    /// - Parameter lengths: `count` lengths of 32 bits, at least one.
    init(lengths: UnsafeRawBufferPointer, count: Int) {
        let first = lengths.integer(UInt32.self, at: 0)
        var difference: UInt32 = 0
        for index in 0..<count { difference |= lengths.integer(UInt32.self, at: 4 * index) ^ first }
        if difference == 0 {
            let length = Int(first)
            self = .uniform(
                length: length, step: BatchLayout.payloadStart(after: length, count: length), count: count)
            return
        }
        var starts: [Int] = []
        starts.reserveCapacity(count)
        var end = 0
        for index in 0..<count {
            let length = Int(lengths.integer(UInt32.self, at: 4 * index))
            let start = BatchLayout.payloadStart(after: end, count: length)
            starts.append(start)
            end = start + length
        }
        self = .varying(starts: starts, end: end)
    }

    /// The end of the last payload.
    var end: Int {
        switch self {
        case .absent: 0
        case .uniform(let length, let step, let count): step * (count - 1) + length
        case .varying(_, let end): end
        }
    }

    /// Where a record's payload begins.
    func start(of record: Int) -> Int {
        switch self {
        case .absent: 0
        case .uniform(_, let step, _): step * record
        case .varying(let starts, _): starts[record]
        }
    }
}
