/// The mean of frames without sample (flats) or without beam (darks), pixel by pixel, in double precision.
///
/// The sums depend on the order of the frames only below double precision; add them in the order of the stream.
public struct FrameMean: Sendable, Hashable {
    /// Frames added.
    public private(set) var frameCount = 0
    /// The sums of the frames, pixel by pixel.
    private(set) var sums: [Double]

    /// The number of pixels of a frame.
    public var pixelCount: Int { sums.count }

    /// A mean that goes on from what an earlier one had.
    init(frameCount: Int, sums: [Double]) {
        self.frameCount = frameCount
        self.sums = sums
    }

    /// A mean of frames of `pixelCount` pixels.
    public init(pixelCount: Int) { sums = Array(repeating: 0, count: pixelCount) }

    /// Adds a frame.
    public mutating func add<Count: DetectorCount>(_ frame: UnsafeBufferPointer<Count>) {
        precondition(frame.count == sums.count, "frames of one mean have one size")
        frameCount += 1
        sums.withUnsafeMutableBufferPointer { sums in
            for index in sums.indices { sums[index] += Double(frame[index].floatValue) }
        }
    }

    /// Forgets all frames: a new set of flats or darks begins.
    public mutating func reset() {
        frameCount = 0
        for index in sums.indices { sums[index] = 0 }
    }

    /// The mean of the frames, or nil where there was none.
    public var mean: [Float]? {
        guard frameCount > 0 else { return nil }
        let count = Double(frameCount)
        return sums.map { Float($0 / count) }
    }
}
