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

    /// Refuses a folder that exists already, unless it may be replaced, and one that cannot be made.
    public func check(_ context: SinkContext) throws {
        _ = try PendingFolder(path, overwrites: context.overwrite)
    }

    /// Begins to write beside the final name.
    public func open(_ context: SinkContext) throws -> any SinkWriter<ReconstructedSlice> {
        Writer(
            try SeriesFolder(path, format, overwrite: context.overwrite), origin: VolumeOrigin(parameters: parameters),
            context)
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
    private var current: (window: Int, volume: any PendingVolume)?
    /// How many were written.
    private(set) var volumes = 0

    init(_ path: String, _ format: VolumeSeries.Format, overwrite: Bool) throws {
        self.path = path
        self.format = format
        pending = try PendingFolder(path, overwrites: overwrite)
    }

    /// Writes a slice; the volume before is complete when the next one begins.
    func write(_ slice: ReconstructedSlice, origin: VolumeOrigin) throws {
        guard let base = pending?.temporaryPath else { return }
        do throws(FormatError) {
            if current?.window != slice.window {
                try close()
                let volume = try volume(at: "\(base)/window_\(slice.window.fiveDigits).\(format.nameExtension)")
                try volume.create(
                    shape: [slice.sliceCount, slice.size, slice.size],
                    origin: origin.names.merging(slice.windowNames) { $1 })
                current = (slice.window, volume)
            }
            try slice.pixels.withValues(of: Float.self) { (pixels) throws(FormatError) in
                try current?.volume.write(slice: slice.slice, pixels)
            }
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

    func finish() throws {
        guard let base = pending?.temporaryPath else { return }
        guard current != nil else { throw TomographyError.emptyVolume(path: path) }
        do throws(FormatError) { try close() } catch { throw error.naming(path, insteadOf: base) }
        try pending.take()?.commit()
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
