internal import Foundation
public import Penstock
internal import PenstockFormats

/// Writes every slice of every window as a TIFF image: `window_00000/recon_00000.tiff` and so on, numbered by detector row.
///
/// The pixels are float32 in 1/pixel, or 16-bit numbers over a range of attenuations that is the same for all images. The folder appears
/// under its name when the run has ended well.
public struct TIFFSlices: Sink {
    private let path: String
    private let pixels: TIFFPixels

    /// A folder at `path`.
    public init(_ path: String, pixels: TIFFPixels = .float32) {
        self.path = path
        self.pixels = pixels
    }

    /// The kind and the name of the folder.
    public var summary: String { "TIFF slices in \(path)" }

    /// Each slice once: windows behind the checkpoint are removed and come again.
    public var delivery: SinkDelivery { .exactlyOnce }

    /// Refuses a folder that exists already, unless it may be replaced.
    public func check(_ context: SinkContext) throws {
        _ = try PendingFolder(path, overwrites: context.overwrite)
    }

    /// Begins to write beside the final name.
    public func open(_ context: SinkContext) throws -> any SinkWriter<ReconstructedSlice> {
        Writer(SliceFolder(try PendingFolder(path, overwrites: context.overwrite), pixels))
    }

    /// Goes on behind the windows of a checkpoint.
    public func reopen(_ context: SinkContext, from state: [UInt8]) throws -> any SinkWriter<ReconstructedSlice> {
        let state = try SinkState.read(SliceFolder.State.self, from: state)
        return Writer(
            SliceFolder(
                try PendingFolder(path, overwrites: context.overwrite, continuing: state.temporaryPath), pixels,
                behind: state.lastWindow))
    }

    private struct Writer: SinkWriter {
        private let folder: SliceFolder

        init(_ folder: SliceFolder) { self.folder = folder }

        mutating func write(_ events: Events<ReconstructedSlice>) throws {
            for event in events { try folder.write(event.value) }
        }

        mutating func checkpoint() throws -> [UInt8]? { try SinkState.bytes(folder.checkpoint()) }

        mutating func suspend() { folder.leave() }

        mutating func finish() throws { try folder.finish() }

        mutating func abandon() { folder.abandon() }
    }
}

/// The folder of the slices while it is written.
private final class SliceFolder {
    /// What a checkpoint holds.
    struct State: Codable {
        var temporaryPath: String
        /// The window whose slices were written last.
        var lastWindow: Int?
    }

    private let path: String
    private let pixels: TIFFPixels
    private var pending: PendingFolder?
    private var state: State
    /// Windows that have been written since the last checkpoint.
    private var recent: Set<String> = []

    init(_ pending: consuming PendingFolder, _ pixels: TIFFPixels) {
        path = pending.finalPath
        self.pixels = pixels
        state = State(temporaryPath: pending.temporaryPath)
        self.pending = consume pending
    }

    /// Goes on behind a window; others are removed.
    convenience init(_ pending: consuming PendingFolder, _ pixels: TIFFPixels, behind lastWindow: Int?) {
        self.init(pending, pixels)
        state.lastWindow = lastWindow
        self.pending?.remove { WindowName.window($0).map { $0 > lastWindow ?? -1 } ?? true }
    }

    /// Waits until all windows are on the device.
    func checkpoint() throws(FormatError) -> State {
        let recent = recent
        try pending?.synchronize { recent.contains($0) }
        self.recent = []
        return state
    }

    func write(_ slice: ReconstructedSlice) throws {
        guard let base = pending?.temporaryPath else { return }
        let name = WindowName.of(slice.window)
        let window = "\(base)/\(name)"
        do {
            try FileManager.default.createDirectory(atPath: window, withIntermediateDirectories: true)
        } catch {
            throw FormatError(
                .cannotCreate, file: path, "a folder for window \(slice.window) cannot be made",
                hint: "is the disk full? Nothing was put in place under the final name")
        }
        do throws(FormatError) {
            try slice.pixels.withValues(of: Float.self) { (values) throws(FormatError) in
                try pixels.write(values, size: slice.size, to: "\(window)/recon_\(slice.row.fiveDigits).tiff")
            }
        } catch {
            throw error.naming(path, insteadOf: base)
        }
        recent.insert(name)
        state.lastWindow = max(state.lastWindow ?? 0, slice.window)
    }

    func finish() throws { try pending.take()?.commit() }

    func leave() { pending.take()?.leave() }

    func abandon() { pending = nil }
}

/// What files and folders of a window are called.
enum WindowName {
    private static let beginning = "window_"

    /// `window_00012`
    static func of(_ window: Int) -> String { beginning + window.fiveDigits }

    /// The number of the window in the name of a file or folder of it, whatever its extension; nil for any other name.
    static func window(_ name: String) -> Int? {
        guard name.hasPrefix(beginning) else { return nil }
        let digits = name.dropFirst(beginning.count).prefix { $0 != "." }
        return digits.count < 5 || !digits.allSatisfy { ("0"..."9").contains($0) } ? nil : Int(digits)
    }
}

extension Int {
    /// The number with zeros in front up to five digits, as it stands in names of files.
    var fiveDigits: String {
        let digits = String(self)
        return String(repeating: "0", count: Swift.max(0, 5 - digits.count)) + digits
    }
}
