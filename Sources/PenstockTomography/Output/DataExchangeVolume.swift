public import Penstock
internal import PenstockFormats

/// Writes the last window of a scan as a volume: `/exchange/data`, float32 `[slice, row, column]` in 1/pixel, in an HDF5 file.
///
/// Slices are written as they come; the file appears under its name when the run has ended well. The same slices give the same bytes.
public struct DataExchangeVolume: Sink {
    private let path: String
    private let parameters: [String: String]

    /// A volume at `path`; `parameters` are kept in it as attributes of `/process`.
    public init(_ path: String, parameters: [String: String] = [:]) {
        self.path = path
        self.parameters = parameters
    }

    /// The kind and the name of the file.
    public var summary: String { "HDF5 volume \(path)" }

    /// Refuses a file that exists already, unless it may be replaced, and one that cannot be made.
    public func check(_ context: SinkContext) throws {
        _ = try PendingFile(path, overwrites: context.overwrite)
    }

    /// Reserves the name; the file is made with the first slice, which says how large it is.
    public func open(_ context: SinkContext) throws -> any SinkWriter<ReconstructedSlice> {
        Writer(VolumeFile(try PendingFile(path, overwrites: context.overwrite), parameters), context)
    }

    private struct Writer: SinkWriter {
        private let file: VolumeFile
        private let context: SinkContext

        init(_ file: VolumeFile, _ context: SinkContext) {
            self.file = file
            self.context = context
        }

        mutating func write(_ events: Events<ReconstructedSlice>) throws {
            for event in events where event.value.isLast {
                try file.write(event.value)
                context.count("slices_written", 1)
            }
        }

        mutating func finish() throws { try file.finish() }

        mutating func abandon() { file.abandon() }
    }
}

/// The file of a volume while it is written.
private final class VolumeFile {
    private let path: String
    private let parameters: [String: String]
    private var pending: PendingFile?
    private var file: HDF5File?

    init(_ pending: consuming PendingFile, _ parameters: [String: String]) {
        path = pending.finalPath
        self.parameters = parameters
        self.pending = consume pending
    }

    func write(_ slice: ReconstructedSlice) throws {
        if file == nil { try create(slice) }
        guard let temporary = pending?.temporaryPath else { return }
        do {
            guard let dataset = try file?.dataset("/exchange/data") else { return }
            guard dataset.shape == [slice.sliceCount, slice.size, slice.size] else {
                throw TomographyError.volumeChanged(path: path)
            }
            try slice.pixels.withValues(of: Float.self) { (pixels) throws(FormatError) in
                try dataset.write(leading: slice.slice..<slice.slice + 1, from: pixels)
            }
        } catch let error as FormatError {
            throw error.naming(path, insteadOf: temporary)
        }
    }

    func finish() throws {
        guard let file = file.take(), let pending = pending.take() else {
            throw TomographyError.emptyVolume(path: path)
        }
        do throws(FormatError) { try file.close() } catch { throw error.naming(path, insteadOf: pending.temporaryPath) }
        try pending.commit()
    }

    func abandon() {
        file = nil
        pending = nil
    }

    private func create(_ slice: ReconstructedSlice) throws {
        guard let temporary = pending?.temporaryPath else { return }
        do {
            let created = try HDF5File(creating: temporary)
            try created.write("exchange:process", to: "/implements")
            _ = try created.createDataset(
                "/exchange/data", shape: [slice.sliceCount, slice.size, slice.size], of: .f32)
            try created.setAttribute("axes", of: "/exchange/data", to: "z:y:x")
            try created.setAttribute("units", of: "/exchange/data", to: "1/pixel")
            try created.setAttribute("description", of: "/exchange/data", to: "attenuation")
            try created.createGroup("/process/reconstruction")
            for (name, value) in parameters.sorted(by: { $0.key < $1.key }) {
                try created.setAttribute(name, of: "/process/reconstruction", to: .text(value))
            }
            file = consume created
        } catch {
            throw error.naming(path, insteadOf: temporary)
        }
    }
}

extension FormatError {
    /// The error with the name that the user gave in place of a temporary one, of the output itself or of a file in it.
    func naming(_ path: String, insteadOf temporary: String) -> FormatError {
        guard file.hasPrefix(temporary) else { return self }
        let name = path + file.dropFirst(temporary.count)
        let prefix = object.map { "\(file), \($0): " } ?? "\(file): "
        return FormatError(code, file: name, object: object, String(summary.dropFirst(prefix.count)), hint: hint)
    }
}
