internal import Foundation
public import Penstock
internal import PenstockFormats

/// Writes every slice of every window as a float32 TIFF image: `window_00000/recon_00000.tiff` and so on, numbered by
/// detector row.
///
/// The folder appears under its name when the run has ended well.
public struct TIFFSlices: Sink {
    private let path: String

    /// A folder at `path`.
    public init(_ path: String) { self.path = path }

    /// The kind and the name of the folder.
    public var summary: String { "TIFF slices in \(path)" }

    /// Refuses a folder that exists already, unless it may be replaced.
    public func check(_ context: SinkContext) throws {
        _ = try PendingFolder(path, overwrites: context.overwrite)
    }

    /// Begins to write beside the final name.
    public func open(_ context: SinkContext) throws -> any SinkWriter<ReconstructedSlice> {
        Writer(try SliceFolder(path, overwrite: context.overwrite))
    }

    private struct Writer: SinkWriter {
        private let folder: SliceFolder

        init(_ folder: SliceFolder) { self.folder = folder }

        mutating func write(_ events: Events<ReconstructedSlice>) throws {
            for event in events { try folder.write(event.value) }
        }

        mutating func finish() throws { try folder.finish() }

        mutating func abandon() { folder.abandon() }
    }
}

/// The folder of the slices while it is written.
private final class SliceFolder {
    private let path: String
    private var pending: PendingFolder?

    init(_ path: String, overwrite: Bool) throws {
        self.path = path
        pending = try PendingFolder(path, overwrites: overwrite)
    }

    func write(_ slice: ReconstructedSlice) throws {
        guard let base = pending?.temporaryPath else { return }
        let window = "\(base)/window_\(slice.window.fiveDigits)"
        do {
            try FileManager.default.createDirectory(atPath: window, withIntermediateDirectories: true)
        } catch {
            throw FormatError(
                .cannotCreate, file: path, "a folder for window \(slice.window) cannot be made",
                hint: "is the disk full? Nothing was put in place under the final name")
        }
        do throws(FormatError) {
            try slice.pixels.withValues(of: Float.self) { (pixels) throws(FormatError) in
                try TIFFFile.write(
                    pixels, rows: slice.size, columns: slice.size, to: "\(window)/recon_\(slice.row.fiveDigits).tiff")
            }
        } catch {
            throw error.naming(path, insteadOf: base)
        }
    }

    func finish() throws { try pending.take()?.commit() }

    func abandon() { pending = nil }
}

extension Int {
    /// The number with zeros in front up to five digits, as it stands in names of files.
    var fiveDigits: String {
        let digits = String(self)
        return String(repeating: "0", count: Swift.max(0, 5 - digits.count)) + digits
    }
}
