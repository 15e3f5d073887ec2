public import Penstock
public import PenstockFormats

/// Writes the last window of a scan as a Zarr group: array `0` is the volume, float32 `[slice, row, column]` in 1/pixel, and `1`, `2` and so on
/// are copies at half the resolution of the one before, which OME-NGFF viewers choose from (`ZarrPyramid`).
///
/// How it was made stands in the attribute `process` of the group, as in `DataExchangeVolume`. Chunks are written as their slices come; the
/// folder appears under its name when the run has ended well. The same slices give the same bytes.
public struct ZarrVolume: Sink {
    private let path: String
    private let format: ZarrFormat
    private let codec: ZarrCodec
    private let parameters: [String: String]

    /// A volume in the folder `path`, whose name usually ends in `.zarr`.
    public init(
        _ path: String, format: ZarrFormat = .v2, codec: ZarrCodec = .zstd, parameters: [String: String] = [:]
    ) {
        self.path = path
        self.format = format
        self.codec = codec
        self.parameters = parameters
    }

    /// The kind and the name of the folder.
    public var summary: String { "Zarr volume \(path)" }

    /// Each slice once: at a checkpoint the folder is empty, or has all chunks.
    public var delivery: SinkDelivery { .exactlyOnce }

    /// Refuses a folder that exists already, unless it may be replaced, and one that cannot be made.
    public func check(_ context: SinkContext) throws {
        _ = try PendingFolder(path, overwrites: context.overwrite)
    }

    /// Makes the folder beside the final name.
    public func open(_ context: SinkContext) throws -> any SinkWriter<ReconstructedSlice> {
        VolumeWriter(
            PendingZarrVolume(try PendingFolder(path, overwrites: context.overwrite), format, codec),
            parameters: parameters, context)
    }

    /// Goes on with the complete folder of a checkpoint, or begins anew where it had none.
    public func reopen(_ context: SinkContext, from state: [UInt8]) throws -> any SinkWriter<ReconstructedSlice> {
        let state = try SinkState.read(VolumeWriter.State.self, from: state)
        let earlier = state.temporaryPath
        let pending =
            state.shape == nil
            ? try PendingFolder(path, overwrites: context.overwrite, inPlaceOf: earlier)
            : try PendingFolder(path, overwrites: context.overwrite, continuing: earlier)
        return VolumeWriter(
            PendingZarrVolume(pending, format, codec), parameters: parameters, context, from: state)
    }
}

/// The folder of a volume while it is written.
final class PendingZarrVolume: PendingVolume {
    let path: String
    let temporaryPath: String
    private let format: ZarrFormat
    private let codec: ZarrCodec
    private var pending: PendingFolder?
    private var pyramid: ZarrPyramid?

    init(_ pending: consuming PendingFolder, _ format: ZarrFormat, _ codec: ZarrCodec) {
        path = pending.finalPath
        temporaryPath = pending.temporaryPath
        self.format = format
        self.codec = codec
        self.pending = consume pending
    }

    func create(shape: [Int], origin: [String: String]) throws(FormatError) {
        pending?.remove { _ in true }
        let name = path.split(separator: "/").last.map(String.init) ?? path
        do throws(FormatError) {
            pyramid = try ZarrPyramid(
                creating: temporaryPath, shape: shape, name: name, format: format, codec: codec, attributes: origin)
        } catch {
            throw error.naming(path, insteadOf: temporaryPath)
        }
    }

    func write(slice: Int, _ pixels: UnsafeBufferPointer<Float>) throws(FormatError) {
        do throws(FormatError) {
            try pyramid?.write(slice: slice, pixels)
        } catch {
            throw error.naming(path, insteadOf: temporaryPath)
        }
    }

    func close() throws(FormatError) {
        do throws(FormatError) {
            try pyramid?.finish()
            pyramid = nil
            try pending?.synchronize { _ in true }
        } catch {
            throw error.naming(path, insteadOf: temporaryPath)
        }
    }

    func commit() throws(FormatError) {
        do throws(FormatError) { try pyramid?.finish() } catch {
            throw error.naming(path, insteadOf: temporaryPath)
        }
        pyramid = nil
        try pending.take()?.commit()
    }

    func leave() {
        pyramid = nil
        pending.take()?.leave()
    }

    func discard() {
        pyramid = nil
        pending = nil
    }
}

extension ZarrFormat: ExpressibleByArgument {}

extension ZarrCodec: ExpressibleByArgument {}
