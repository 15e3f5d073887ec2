internal import PenstockEvents

/// A set of flats or darks and their average, which is computed when it is first needed.
struct FrameSet: Event {
    /// The most frames whose median is taken; later ones of the same set do not count.
    static let mostFramesOfMedian = 255

    private let average: FrameAverage
    private var mean: FrameMean?
    /// The frames, for a median.
    private var frames: [[Float]] = []
    private var cached: [Float]?
    private var hasEnded = false
    private var firstTime: Int64 = 0
    /// The sum of the frames' times after the first one's, in nanoseconds.
    private var laterTimes: Int64 = 0
    private var frameCount = 0
    /// Whether somebody has looked at the average and found it usable.
    var isChecked = false

    init(_ average: FrameAverage = .mean) { self.average = average }

    var isEmpty: Bool { frameCount == 0 }

    /// Whether projections have come since, so that the next frame begins a new set.
    var isClosed: Bool { hasEnded }

    /// The mean of the times of the frames, in nanoseconds.
    var time: Double { Double(firstTime) + (frameCount == 0 ? 0 : Double(laterTimes) / Double(frameCount)) }

    /// Adds a frame; the first one behind projections begins a new set.
    mutating func add(_ frame: Frame, time: Int64) throws(TomographyError) {
        if hasEnded { self = FrameSet(average) }
        let pixelCount = frame.rows * frame.columns
        if frameCount == 0 { firstTime = time }
        guard frameCount == 0 || pixelCount == self.pixelCount else {
            throw .shapeChanged(kind: frame.kind == .flat ? "flat" : "dark", index: frame.index)
        }
        switch average {
        case .mean:
            // Taken out, so that there is one owner and the sums are not copied.
            var sums = mean ?? FrameMean(pixelCount: pixelCount)
            mean = nil
            frame.add(to: &sums)
            mean = sums
        case .median:
            guard frames.count < Self.mostFramesOfMedian else { return }
            frames.append(frame.values)
        }
        frameCount += 1
        laterTimes += time - firstTime
        cached = nil
        isChecked = false
    }

    /// Projections have begun: the next frame belongs to a new set.
    mutating func endSet() { hasEnded = true }

    /// The average of the frames, or nil where there was none.
    mutating func averaged() -> [Float]? {
        if cached == nil { cached = frameCount == 0 ? nil : average == .mean ? mean?.mean : median }
        return cached
    }

    private var pixelCount: Int { mean?.pixelCount ?? frames.first?.count ?? 0 }

    private var median: [Float] {
        var values = Array(repeating: Float(0), count: frames.count)
        let middle = frames.count / 2
        return (0..<pixelCount).map { pixel in
            for (index, frame) in frames.enumerated() { values[index] = frame[pixel] }
            values.sort()
            return frames.count.isMultiple(of: 2) ? (values[middle - 1] + values[middle]) / 2 : values[middle]
        }
    }

    static let schema = Schema(
        "FrameSet",
        fields: [
            .init("frames", .u64), .init("pixels", .u64), .init("is_median", .u8), .init("has_ended", .u8),
            .init("is_checked", .u8), .init("first_time", .i64, unit: "ns"), .init("later_times", .i64, unit: "ns"),
        ], payload: .init("sums_or_frames", .bytes))

    func write(to record: inout RecordWriter) {
        record.append(UInt64(frameCount))
        record.append(UInt64(pixelCount))
        record.append(UInt8(average == .median ? 1 : 0))
        record.append(UInt8(hasEnded ? 1 : 0))
        record.append(UInt8(isChecked ? 1 : 0))
        record.append(firstTime)
        record.append(laterTimes)
        switch average {
        case .mean: if let mean { record.setPayload(mean.sums.withUnsafeBytes { Payload(copying: $0) }) }
        case .median:
            if !frames.isEmpty { record.setPayload(frames.flatMap(\.self).withUnsafeBytes { Payload(copying: $0) }) }
        }
    }

    init(reading record: inout RecordReader) throws(RecordError) {
        frameCount = Int(try record.readInteger(UInt64.self))
        let pixels = Int(try record.readInteger(UInt64.self))
        average = try record.readInteger(UInt8.self) == 1 ? .median : .mean
        hasEnded = try record.readInteger(UInt8.self) == 1
        isChecked = try record.readInteger(UInt8.self) == 1
        firstTime = try record.readInteger(Int64.self)
        laterTimes = try record.readInteger(Int64.self)
        guard frameCount > 0 else { return }
        let byteCount = average == .mean ? 8 * pixels : 4 * pixels * frameCount
        guard record.payload.count == byteCount else { throw .invalidField("sums or frames of a set") }
        switch average {
        case .mean:
            mean = FrameMean(frameCount: frameCount, sums: record.payload.withValues(of: Double.self) { Array($0) })
        case .median:
            frames = record.payload.withValues(of: Float.self) { values in
                (0..<frameCount).map { Array(values[$0 * pixels..<($0 + 1) * pixels]) }
            }
        }
    }
}
