internal import Foundation
public import Penstock
public import PenstockFormats

/// Writes every window of a scan as a volume of its own, which makes a series in time: `window_00000.h5` and so on in a folder.
///
/// A volume is what `DataExchangeVolume` or `ZarrVolume` writes, and says in the same place which window it shows: `window`, counted from 0,
/// `projections`, `first_angle` and `last_angle` in degrees, and `complete`. The folder appears under its name when the run has ended well;
/// the same slices give the same bytes. `Reconstruct` must make all slices of all windows (`early: .all`).
public struct VolumeSeries: Sink {
    /// What a volume of the series is.
    public enum Format: Sendable, Hashable {
        /// A Data Exchange HDF5 file.
        case hdf5
        /// A Zarr folder.
        case zarr(ZarrFormat, ZarrCodec)

        fileprivate var nameExtension: String { self == .hdf5 ? "h5" : "zarr" }
    }

    private let path: String
    private let format: Format
    private let parameters: [String: String]

    /// A series in the folder `path`; `parameters` are kept in every volume.
    public init(_ path: String, format: Format = .hdf5, parameters: [String: String] = [:]) {
        self.path = path
        self.format = format
        self.parameters = parameters
    }

    /// The kind and the name of the folder.
    public var summary: String { "series of volumes in \(path)" }

    /// Each volume once: those behind the checkpoint are removed and come again.
    public var delivery: SinkDelivery { .exactlyOnce }

    /// Refuses a folder that exists already, unless it may be replaced, and one that cannot be made.
    public func check(_ context: SinkContext) throws {
        _ = try PendingFolder(path, overwrites: context.overwrite)
    }

    /// Begins to write beside the final name.
    public func open(_ context: SinkContext) throws -> any SinkWriter<ReconstructedSlice> {
        Writer(
            SeriesFolder(try PendingFolder(path, overwrites: context.overwrite), format),
            origin: VolumeOrigin(parameters: parameters), context)
    }

    /// Goes on behind the volumes of a checkpoint.
    public func reopen(_ context: SinkContext, from state: [UInt8]) throws -> any SinkWriter<ReconstructedSlice> {
        let state = try SinkState.read(State.self, from: state)
        let pending = try PendingFolder(path, overwrites: context.overwrite, continuing: state.temporaryPath)
        let folder = SeriesFolder(pending, format, behind: state.lastWindow, volumes: state.volumes)
        return Writer(
            folder, origin: VolumeOrigin(parameters: parameters, inputSHA256: state.inputSHA256), context)
    }

    /// What a checkpoint holds: all volumes of the windows before it are complete.
    private struct State: Codable {
        var temporaryPath: String
        var lastWindow: Int?
        var volumes: Int
        var inputSHA256: String?
    }

    private struct Writer: SinkWriter {
        private let folder: SeriesFolder
        private let context: SinkContext
        private var origin: VolumeOrigin

        init(_ folder: SeriesFolder, origin: VolumeOrigin, _ context: SinkContext) {
            self.folder = folder
            self.origin = origin
            self.context = context
        }

        mutating func control(_ record: ControlRecord) { origin.note(record) }

        mutating func write(_ events: Events<ReconstructedSlice>) throws {
            for event in events { try folder.write(event.value, origin: origin) }
        }

        mutating func checkpoint() throws -> [UInt8]? {
            // Whoever cuts a window in two by a barrier cannot go on from there.
            guard try folder.rest(), let path = folder.temporaryPath else { return nil }
            return try SinkState.bytes(
                State(
                    temporaryPath: path, lastWindow: folder.lastWindow, volumes: folder.volumes,
                    inputSHA256: origin.inputSHA256))
        }

        mutating func suspend() { folder.leave() }

        mutating func finish() throws {
            try folder.finish()
            context.count("volumes_written", folder.volumes)
        }

        mutating func abandon() { folder.abandon() }
    }
}

/// The folder of a series while it is written, and the volume of the window that is coming.
private final class SeriesFolder {
    private let path: String
    private let format: VolumeSeries.Format
    private var pending: PendingFolder?
    private var current: (window: Int, volume: any PendingVolume, missing: Int)?
    /// The window that was written last.
    private(set) var lastWindow: Int?
    /// How many were written.
    private(set) var volumes = 0

    var temporaryPath: String? { pending?.temporaryPath }

    init(_ pending: consuming PendingFolder, _ format: VolumeSeries.Format) {
        path = pending.finalPath
        self.format = format
        self.pending = consume pending
    }

    /// Goes on behind the volume of a window; others are removed.
    convenience init(
        _ pending: consuming PendingFolder, _ format: VolumeSeries.Format, behind lastWindow: Int?, volumes: Int
    ) {
        self.init(pending, format)
        self.lastWindow = lastWindow
        self.volumes = volumes
        self.pending?.remove { WindowName.window($0).map { $0 > lastWindow ?? -1 } ?? true }
    }

    /// Writes a slice; the volume before is complete when the next one begins.
    func write(_ slice: ReconstructedSlice, origin: VolumeOrigin) throws {
        guard let base = pending?.temporaryPath else { return }
        do throws(FormatError) {
            if current?.window != slice.window {
                try close()
                let volume = try volume(at: "\(base)/\(WindowName.of(slice.window)).\(format.nameExtension)")
                try volume.create(
                    shape: [slice.sliceCount, slice.size, slice.size],
                    origin: origin.names.merging(slice.windowNames) { $1 })
                current = (slice.window, volume, slice.sliceCount)
                lastWindow = slice.window
            }
            try slice.pixels.withValues(of: Float.self) { (pixels) throws(FormatError) in
                try current?.volume.write(slice: slice.slice, pixels)
            }
            current?.missing -= 1
        } catch {
            throw error.naming(path, insteadOf: base)
        }
    }

    private func volume(at path: String) throws(FormatError) -> any PendingVolume {
        switch format {
        case .hdf5: PendingHDF5Volume(try PendingFile(path))
        case .zarr(let format, let codec): PendingZarrVolume(try PendingFolder(path), format, codec)
        }
    }

    private func close() throws(FormatError) {
        guard let volume = current.take()?.volume else { return }
        try volume.commit()
        volumes += 1
    }

    /// Completes the volume of the window that was written last, of which all slices have come; false where they have not.
    func rest() throws(FormatError) -> Bool {
        guard let base = pending?.temporaryPath, current?.missing ?? 0 == 0 else { return false }
        do throws(FormatError) { try close() } catch { throw error.naming(path, insteadOf: base) }
        return true
    }

    func finish() throws {
        guard let base = pending?.temporaryPath else { return }
        guard current != nil || volumes > 0 else { throw TomographyError.emptyVolume(path: path) }
        do throws(FormatError) { try close() } catch { throw error.naming(path, insteadOf: base) }
        try pending.take()?.commit()
    }

    func leave() {
        current?.volume.discard()
        current = nil
        pending.take()?.leave()
    }

    func abandon() {
        current?.volume.discard()
        current = nil
        pending = nil
    }
}

extension ReconstructedSlice {
    /// What the volume of a window says about it.
    fileprivate var windowNames: [String: String] {
        [
            "window": "\(window)", "projections": "\(projections)", "first_angle": "\(anglesDegrees.lowerBound)",
            "last_angle": "\(anglesDegrees.upperBound)", "complete": "\(isComplete)",
        ]
    }
}
