internal import PenstockEvents

/// The image that each slice had last, for iterative methods to begin with.
struct WarmImages: Sendable {
    /// float32 `[row, column]`, by the number of the slice.
    private var images: [Int: Payload] = [:]

    /// None.
    init() {}

    /// The image of a slice.
    subscript(slice: Int) -> Payload? {
        get { images[slice] }
        set { images[slice] = newValue }
    }

    /// Writes each image as a record, in order of the slices, and behind them a record with their number: so they may stand behind others.
    func snapshot(into records: inout RecordWriter) {
        for (slice, image) in images.sorted(by: { $0.key < $1.key }) {
            withUnsafeBytes(of: UInt64(slice).littleEndian) { records.append(record: $0, payload: image) }
        }
        withUnsafeBytes(of: UInt64(images.count).littleEndian) { records.append(record: $0) }
    }

    /// How many images are among the records, before the last one.
    static func count(in records: [RecordReader]) throws(RecordError) -> Int {
        guard var last = records.last else { throw .invalidField("number of images of a reconstruction") }
        let count = try last.readInteger(UInt64.self)
        guard count < records.count else { throw .invalidField("number of images of a reconstruction") }
        return Int(count)
    }

    /// Brings back what `snapshot` wrote.
    init(restoring records: some Collection<RecordReader>) throws(RecordError) {
        for record in records.prefix(records.count - 1) {
            var record = record
            images[Int(try record.readInteger(UInt64.self))] = record.payload
        }
    }
}
