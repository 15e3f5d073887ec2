/// The last offset of every key in a range of offsets, in bounded memory; and of every producer, of which a log has few.
struct LastOffsets {
    /// The offset behind what was taken in.
    private(set) var end: UInt64
    private var offsets: [[UInt8]: UInt64] = [:]
    private var producers: [UInt32: UInt64] = [:]
    private var bytes = 0
    private let byteLimit: Int
    /// Roughly what a dictionary takes for an entry beside the bytes of its key.
    private static let entryBytes = 64

    init(from start: UInt64, byteLimit: Int) {
        end = start
        self.byteLimit = byteLimit
    }

    /// Takes a record in; false where there is no room for another key. There is always room for one.
    mutating func insert(_ key: [UInt8], at offset: UInt64) -> Bool {
        if offsets.updateValue(offset, forKey: key) == nil {
            bytes += key.count + Self.entryBytes
            guard bytes <= byteLimit || offsets.count == 1 else {
                offsets[key] = nil
                return false
            }
        }
        end = offset + 1
        return true
    }

    /// Nothing with a key stands before `offset` that was not taken in.
    mutating func advance(to offset: UInt64) { end = max(end, offset) }

    /// Notes a batch of a producer that numbers its records. Its last one has to stay, since it says how far the producer has come.
    mutating func note(_ header: BatchHeader) {
        if header.producer != 0 { producers[header.producer] = header.nextOffset }
    }

    /// Whether the batch is the last one of its producer.
    func isLastOfProducer(_ header: BatchHeader) -> Bool { producers[header.producer] == header.nextOffset }

    /// Whether a later record in the range has the key.
    func supersedes(_ key: [UInt8], at offset: UInt64) -> Bool { offsets[key].map { $0 > offset } ?? false }
}
