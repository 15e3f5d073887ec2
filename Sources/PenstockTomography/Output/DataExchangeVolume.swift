internal import Foundation
public import Penstock
internal import PenstockFormats

/// Writes the last window of a scan as a volume: `/exchange/data`, float32 `[slice, row, column]` in 1/pixel, in an HDF5 file.
///
/// How it was made stands in the attributes of `/process/reconstruction`: the parameters, `software`, `software_version`, and `input_sha256`
/// where the source took the checksum of its input. Slices are written as they come; the file appears under its name when the run has ended
/// well. The same slices give the same bytes.
public struct DataExchangeVolume: Sink {
    private let path: String
    private let parameters: [String: String]

    /// A volume at `path`; `parameters` are kept in it as attributes of `/process/reconstruction`.
    public init(_ path: String, parameters: [String: String] = [:]) {
        self.path = path
        self.parameters = parameters
    }

    /// The kind and the name of the file.
    public var summary: String { "HDF5 volume \(path)" }

    /// Each slice once: at a checkpoint the file is not begun, or complete and closed.
    public var delivery: SinkDelivery { .exactlyOnce }

    /// Refuses a file that exists already, unless it may be replaced, and one that cannot be made.
    public func check(_ context: SinkContext) throws {
        _ = try PendingFile(path, overwrites: context.overwrite)
    }

    /// Reserves the name; the file is made with the first slice, which says how large it is.
    public func open(_ context: SinkContext) throws -> any SinkWriter<ReconstructedSlice> {
        VolumeWriter(
            PendingHDF5Volume(try PendingFile(path, overwrites: context.overwrite)), parameters: parameters, context)
    }

    /// Goes on with the complete file of a checkpoint, or begins anew where it had none.
    public func reopen(_ context: SinkContext, from state: [UInt8]) throws -> any SinkWriter<ReconstructedSlice> {
        let state = try SinkState.read(VolumeWriter.State.self, from: state)
        let earlier = state.temporaryPath
        let pending =
            state.shape == nil
            ? try PendingFile(path, overwrites: context.overwrite, inPlaceOf: earlier)
            : try PendingFile(path, overwrites: context.overwrite, continuing: earlier)
        return VolumeWriter(PendingHDF5Volume(pending), parameters: parameters, context, from: state)
    }
}

/// The file of a volume while it is written.
final class PendingHDF5Volume: PendingVolume {
    static let dataset = "/exchange/data"
    static let process = "/process/reconstruction"

    let path: String
    let temporaryPath: String
    private var pending: PendingFile?
    private var file: HDF5File?

    init(_ pending: consuming PendingFile) {
        path = pending.finalPath
        temporaryPath = pending.temporaryPath
        self.pending = consume pending
    }

    func create(shape: [Int], origin: [String: String]) throws(FormatError) {
        file = nil
        try? FileManager.default.removeItem(atPath: temporaryPath)
        do throws(FormatError) {
            let created = try HDF5File(creating: temporaryPath)
            try created.write("exchange:process", to: "/implements")
            _ = try created.createDataset(Self.dataset, shape: shape, of: .f32)
            try created.setAttribute("axes", of: Self.dataset, to: "z:y:x")
            try created.setAttribute("units", of: Self.dataset, to: "1/pixel")
            try created.setAttribute("description", of: Self.dataset, to: "attenuation")
            try created.createGroup(Self.process)
            for (name, value) in origin.sorted(by: { $0.key < $1.key }) {
                try created.setAttribute(name, of: Self.process, to: .text(value))
            }
            file = consume created
        } catch {
            throw error.naming(path, insteadOf: temporaryPath)
        }
    }

    func write(slice: Int, _ pixels: UnsafeBufferPointer<Float>) throws(FormatError) {
        do throws(FormatError) {
            try file?.dataset(Self.dataset).write(leading: slice..<slice + 1, from: pixels)
        } catch {
            throw error.naming(path, insteadOf: temporaryPath)
        }
    }

    func close() throws(FormatError) {
        do throws(FormatError) {
            try file.take()?.close()
            try pending?.synchronize()
        } catch {
            throw error.naming(path, insteadOf: temporaryPath)
        }
    }

    func commit() throws(FormatError) {
        do throws(FormatError) { try file.take()?.close() } catch {
            throw error.naming(path, insteadOf: temporaryPath)
        }
        try pending.take()?.commit()
    }

    func leave() {
        file = nil
        pending.take()?.leave()
    }

    func discard() {
        file = nil
        pending = nil
    }
}
