internal import PenstockEvents

/// A set of flats or darks and their mean, which is computed when it is first needed.
struct FrameSet: Event {
    private var sums: FrameMean?
    private var cached: [Float]?
    private var hasEnded = false
    /// Whether somebody has looked at the mean and found it usable.
    var isChecked = false

    init() {}

    /// Adds a frame; the first one behind projections begins a new set.
    mutating func add(_ frame: Frame) throws(TomographyError) {
        if hasEnded { self = FrameSet() }
        let pixelCount = frame.rows * frame.columns
        var sums = self.sums ?? FrameMean(pixelCount: pixelCount)
        self.sums = nil
        guard sums.pixelCount == pixelCount else {
            throw .shapeChanged(kind: frame.kind == .flat ? "flat" : "dark", index: frame.index)
        }
        frame.add(to: &sums)
        self.sums = sums
        cached = nil
        isChecked = false
    }

    /// Projections have begun: the next frame belongs to a new set.
    mutating func endSet() { hasEnded = true }

    /// The mean, or nil where there was no frame.
    mutating func mean() -> [Float]? {
        if cached == nil { cached = sums?.mean }
        return cached
    }

    /// What is neither sums nor mean, for snapshots.
    var flags: UInt64 {
        get { (hasEnded ? 1 : 0) | (isChecked ? 2 : 0) }
        set {
            hasEnded = newValue & 1 != 0
            isChecked = newValue & 2 != 0
        }
    }

    static let schema = Schema(
        "FrameSet", fields: [.init("frames", .u64), .init("pixels", .u64)],
        payload: .init("sums", .f64, shape: [.field("pixels")]))

    func write(to record: inout RecordWriter) {
        record.append(UInt64(sums?.frameCount ?? 0))
        record.append(UInt64(sums?.pixelCount ?? 0))
        if let sums { record.setPayload(sums.sums.withUnsafeBytes { Payload(copying: $0) }) }
    }

    init(reading record: inout RecordReader) throws(RecordError) {
        let frames = Int(try record.readInteger(UInt64.self))
        let pixels = Int(try record.readInteger(UInt64.self))
        guard frames > 0 else { return }
        guard record.payload.count == 8 * pixels else { throw .invalidField("sums of a set of frames") }
        sums = FrameMean(frameCount: frames, sums: record.payload.withValues(of: Double.self) { Array($0) })
    }
}
