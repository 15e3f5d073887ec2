public import Penstock
internal import PenstockEvents
internal import PenstockFormats

/// A scan in a Data Exchange HDF5 file, as a source of frames: darks, flats, then projections in the order of the file.
///
/// Read are `/exchange/data`, `/exchange/data_white` and, where it is there, `/exchange/data_dark`, each `[frame, row, column]` of 8-, 16-
/// or 32-bit unsigned integers or of floating-point numbers, and `/exchange/theta` in degrees. Frames are read some at a time, so
/// memory does not grow with the file. The format: F. De Carlo et al., "Scientific data exchange: a schema for HDF5-based storage of raw
/// and analyzed data", J. Synchrotron Rad. 21, 1224, 2014, DOI 10.1107/S160057751401604X.
public struct DataExchangeFile: Source {
    private let path: String?
    private let allowsNonFinite: Bool

    /// The file at `path`. Without a path there is a plan, but a run ends with an error that asks for one; a replay needs none.
    /// - Parameter allowsNonFinite: Whether pixels that are NaN or infinite are let through; else they end the run.
    public init(_ path: String?, allowsNonFinite: Bool = false) {
        self.path = path
        self.allowsNonFinite = allowsNonFinite
    }

    /// Frames are in order.
    public var disorder: Disorder { .ascending }

    /// The kind and the name of the file.
    public var summary: String { "Data Exchange file \(path ?? "(not given)")" }

    /// Opens the file and looks at shapes, types and angles.
    /// - Throws: `FormatError` or `TomographyError`, naming the file and the dataset.
    public func open(_ partition: Int, context: SourceContext) throws -> any SourceReader<Frame> {
        guard let path else { throw TomographyError.noInput }
        return DataExchangeReader(try DataExchangeScan(path, allowsNonFinite: allowsNonFinite), context)
    }
}

/// Reads the frames of an open scan, each with its number as its event time.
private struct DataExchangeReader: SourceReader {
    private let file: DataExchangeScan
    private let context: SourceContext
    private var isStarted = false
    private var part = 0
    private var index = 0
    private var count: UInt64 = 0

    init(_ file: DataExchangeScan, _ context: SourceContext) {
        self.file = file
        self.context = context
    }

    mutating func read(into batch: inout SourceBatch<Frame>) throws -> SourceProgress {
        guard isStarted else {
            isStarted = true
            return .control(.scanStart(ScanStart(scan: context.scan, properties: file.properties)))
        }
        while !batch.isFull, part < file.parts.count, !context.isStopping {
            let frames = file.parts[part]
            guard index < frames.count else {
                part += 1
                index = 0
                continue
            }
            let wanted = min(batch.remaining, frames.framesPerBlock, frames.count - index)
            for pixels in try file.read(part: part, index..<index + wanted) {
                batch.append(
                    Frame(
                        scan: context.scan, kind: frames.kind, index: index,
                        angleDegrees: frames.kind == .projection ? file.anglesDegrees[index] : 0, rows: file.rows,
                        columns: file.columns, pixelType: frames.pixelType, pixels: pixels),
                    time: Timestamp(nanoseconds: Int64(count)), payloadBytes: pixels.count)
                index += 1
                count += 1
            }
        }
        guard part == file.parts.count else { return context.isStopping || part > file.parts.count ? .end : .more }
        // Behind the last frames stands the end of the scan, and behind that nothing.
        defer { part += 1 }
        return .control(.scanEnd(ScanEnd(scan: context.scan, eventCount: count)))
    }
}
