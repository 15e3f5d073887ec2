internal import Glibc
public import Penstock
internal import PenstockEvents
internal import PenstockFormats

/// A recorded scan as a source of frames: a Data Exchange or NXtomo HDF5 file, a TIFF file of several pages, or a folder of TIFF files.
///
/// What the input is, its content says. Frames come in the order of the scan: darks, flats and projections of Data Exchange files and of
/// TIFF images, those of NXtomo files as they lie there. They are read some at a time, so memory does not grow with the scan.
///
/// Pixels are integers of 8, 16 or 32 bits or floating-point numbers, of either byte order; signed integers and 64-bit floating-point numbers
/// become float32.
public struct ScanFile: Source {
    /// What stands beside the input, and how it is read.
    public struct Options: Sendable, Hashable {
        /// A file or folder of flats, in place of those of the input: TIFF images, or the flats of an HDF5 file.
        public var flats: String?
        /// The same for darks.
        public var darks: String?
        /// A list of angles, in place of those of the input.
        public var angles: AngleList?
        /// The unit of the angles, whatever the input says.
        public var angleUnit: AngleUnit?
        /// Degrees that are added to every angle: the image turns by them.
        public var angleOffsetDegrees = 0.0
        /// Whether pixels that are NaN or infinite are let through; else they end the run.
        public var allowsNonFinite = false
        /// The rows to read, where a part of the scan is wanted; nil for all.
        public var part: PartRows?
        /// How long to wait for more where the input is still written: a Data Exchange or NXtomo file with single-writer, multiple-readers
        /// access, or a folder that is filled with TIFF files. The scan ends when nothing has been added for so long, when an attribute
        /// `complete` of the dataset of frames is not 0, or when each of `angles` has its projection. Nil for an input that is complete. The
        /// checksum of one that grows is not taken.
        public var followTimeout: Duration?
        /// Whether the SHA-256 of the input files is taken before the first frame, which reads them once more.
        public var takesChecksum = false
        /// Where it is heard what the running scan is steered to; nil for a scan that nobody steers.
        public var steering: SteeringTopics?
        /// The most projections a second, for a file that plays the part of a detector; nil for as many as there is time for.
        public var projectionsPerSecond: Double?

        /// The input alone.
        public init() {}
    }

    private let path: String?
    private let options: Options

    /// The scan at `path`. Without a path there is a plan, but a run ends with an error that asks for one; a replay needs none.
    public init(_ path: String?, _ options: Options = Options()) {
        self.path = path
        self.options = options
    }

    /// Frames are in order.
    public var disorder: Disorder { .ascending }

    /// How many frames there are, and how large they are.
    public struct Extent: Sendable, Hashable {
        /// Projections, flats and darks.
        public let frames: Int
        /// Projections alone.
        public let projections: Int
        /// The shape of a frame, as far as its rows are read.
        public let rows: Int, columns: Int
        /// The bytes of a pixel.
        public let pixelBytes: Int
    }

    /// What there is to read; nil without a path, and for what is still written. Looks at the files.
    /// - Throws: As `open`.
    public func extent() throws -> Extent? {
        guard let path, options.followTimeout == nil else { return nil }
        let scan = try OpenScan(path, options)
        return Extent(
            frames: scan.sections.frameCount, projections: scan.sections.count(of: .projection),
            rows: scan.rowsRead.count,
            columns: scan.columns, pixelBytes: scan.sections.first?.frames.pixelType.byteCount ?? 0)
    }

    /// The frames and their pixels.
    public func expectation() throws -> SourceExpectation? {
        try extent().map {
            SourceExpectation(events: $0.frames, bytes: $0.frames * $0.rows * $0.columns * $0.pixelBytes)
        }
    }

    /// The name of the file or folder.
    public var summary: String { "scan \(path ?? "(not given)")" }

    /// Opens the files and looks at shapes, types and angles.
    /// - Throws: `FormatError` or `TomographyError`, naming the file and the dataset.
    public func open(_ partition: Int, context: SourceContext) throws -> any SourceReader<Frame> {
        guard let path else { throw TomographyError.noInput }
        var inbox: SteeringInbox?
        if let topics = options.steering, let log = context.log {
            inbox = try SteeringInbox(topics, of: context.scan, in: log)
        }
        return ScanReader(
            try OpenScan(path, options), inbox, DetectorPace(projectionsPerSecond: options.projectionsPerSecond),
            options.followTimeout, context)
    }
}

/// Reads the frames of an open scan, each with its number as its event time.
private struct ScanReader: SourceReader {
    private let scan: OpenScan
    private let steering: SteeringInbox?
    private var pace: DetectorPace
    private let context: SourceContext
    private var isStarted = false
    private var section = 0
    private var offset = 0
    private var counts: [FrameKind: Int] = [:]
    private var count: UInt64 = 0
    private let timeout: Duration
    private var lastGrowth = ContinuousClock.now

    /// How often is looked whether something was added.
    private static let lookMicroseconds: UInt32 = 20_000

    init(
        _ scan: OpenScan, _ steering: SteeringInbox?, _ pace: DetectorPace, _ timeout: Duration?,
        _ context: SourceContext
    ) {
        self.scan = scan
        self.steering = steering
        self.pace = pace
        self.timeout = timeout ?? .zero
        self.context = context
    }

    mutating func read(into batch: inout SourceBatch<Frame>) throws -> SourceProgress {
        guard isStarted else {
            isStarted = true
            return .control(.scanStart(ScanStart(scan: context.scan, properties: try scan.properties())))
        }
        while !batch.isFull, section < scan.sections.count, !context.isStopping {
            if steer(into: &batch) { continue }
            let frames = scan.sections[section]
            guard offset < frames.range.count else {
                if section == scan.sections.count - 1, scan.growth != nil, try !hasEnded() {
                    if batch.count == 0, offset == scan.sections[section].range.count { usleep(Self.lookMicroseconds) }
                    return .more
                }
                section += 1
                offset = 0
                continue
            }
            var wanted = min(batch.remaining, scan.framesPerBlock(of: frames), frames.range.count - offset)
            if let steering { wanted = steering.frames(upTo: wanted, from: count) }
            if frames.kind == .projection, !context.isRepeating { wanted = pace.allowed(of: wanted) }
            guard wanted > 0 else { return .more }
            for pixels in try scan.read(section, offset..<offset + wanted, firstIndex: counts[frames.kind, default: 0])
            {
                append(pixels, of: frames, to: &batch)
            }
            offset += wanted
        }
        guard section == scan.sections.count else {
            return context.isStopping || section > scan.sections.count ? .end : .more
        }
        // Behind the last frames stands the end of the scan, and behind that nothing.
        defer { section += 1 }
        return .control(.scanEnd(ScanEnd(scan: context.scan, eventCount: count)))
    }

    /// Puts the next steering into the batch, where there is one; the scan ends with one that stops it.
    private mutating func steer(into batch: inout SourceBatch<Frame>) -> Bool {
        guard let change = steering?.next(at: count) else { return false }
        let frame = Frame(change, scan: context.scan, before: counts[.projection, default: 0])
        batch.append(frame, time: Timestamp(nanoseconds: Int64(count)), payloadBytes: frame.pixels.count)
        count += 1
        if change.stops { section = scan.sections.count }
        return true
    }

    /// Looks for more in a file that is still written; true where nothing more will come.
    private mutating func hasEnded() throws -> Bool {
        // What is said before the look was said behind the last frames.
        let isComplete = try scan.isComplete()
        if try scan.grow() {
            lastGrowth = .now
            return false
        }
        return isComplete || .now - lastGrowth > timeout
    }

    private mutating func append(_ pixels: Payload, of frames: ScanSection, to batch: inout SourceBatch<Frame>) {
        let index = counts[frames.kind, default: 0]
        let frame = Frame(
            scan: context.scan, kind: frames.kind, index: index,
            angleDegrees: frames.kind == .projection ? scan.anglesDegrees[index] : 0, rows: scan.rowsRead.count,
            columns: scan.columns, firstRow: scan.rowsRead.lowerBound, pixelType: frames.frames.pixelType,
            pixels: pixels)
        batch.append(frame, time: Timestamp(nanoseconds: Int64(count)), payloadBytes: pixels.count)
        counts[frames.kind] = index + 1
        count += 1
    }
}
