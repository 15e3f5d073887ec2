internal import Penstock
internal import PenstockEvents
internal import PenstockFormats

/// A volume while it is written, in whatever format. It begins with its first slice, which says how large it is.
protocol PendingVolume: AnyObject {
    /// The final name of the file or folder.
    var path: String { get }

    /// The name under which it is written.
    var temporaryPath: String { get }

    /// Begins a volume of `shape`: slices, rows and columns. One that was begun before is given up.
    /// - Parameter origin: How it was made, as names and texts.
    func create(shape: [Int], origin: [String: String]) throws(FormatError)

    /// Writes a slice. Each is given once.
    func write(slice: Int, _ pixels: UnsafeBufferPointer<Float>) throws(FormatError)

    /// All slices have come: waits until they are on the device, in files that are closed.
    func close() throws(FormatError)

    /// Puts the volume under its name.
    func commit() throws(FormatError)

    /// Leaves what was written where it is, for somebody who goes on with it.
    func leave()

    /// Removes what was written.
    func discard()
}

/// How a volume was made, as names and texts: its parameters, the software, and the checksum of the input.
struct VolumeOrigin: Sendable {
    private(set) var names: [String: String]

    /// The checksum of the input, where the source took it. It comes with the beginning of the scan, which does not come again behind a
    /// checkpoint.
    var inputSHA256: String? { names["input_sha256"] }

    init(parameters: [String: String], inputSHA256: String? = nil) {
        names = parameters
        names["software"] = "Penstock"
        names["software_version"] = PenstockVersion.current
        names["input_sha256"] = inputSHA256
    }

    /// Keeps what the source knew of its input.
    mutating func note(_ record: ControlRecord) {
        guard case .scanStart(let start) = record else { return }
        names["input_sha256"] = start.properties["sha256"]
    }
}

/// Writes the slices of the last window of a scan to a volume.
///
/// All slices of a window come between two checkpoints, since a stage of windows puts out a whole one before it lets a barrier pass. So at a
/// checkpoint there is nothing, or a volume with all of its slices: that is closed there, and a file that was open when the process was killed
/// is given up.
struct VolumeWriter: SinkWriter {
    /// What a checkpoint holds.
    struct State: Codable {
        /// The name under which the volume is written.
        var temporaryPath: String
        /// Slices, rows and columns, where the volume has all slices; nil where it has none.
        var shape: [Int]?
        var inputSHA256: String?
    }

    private let volume: any PendingVolume
    private let context: SinkContext
    private var origin: VolumeOrigin
    private var shape: [Int]?
    private var scan: ScanID?
    private var slices = 0
    private var isClosed = false

    init(_ volume: any PendingVolume, parameters: [String: String], _ context: SinkContext) {
        self.volume = volume
        self.context = context
        origin = VolumeOrigin(parameters: parameters)
    }

    /// Goes on with a volume that has no slices, or all.
    init(_ volume: any PendingVolume, parameters: [String: String], _ context: SinkContext, from state: State) {
        self.init(volume, parameters: parameters, context)
        origin = VolumeOrigin(parameters: parameters, inputSHA256: state.inputSHA256)
        shape = state.shape
        slices = state.shape?[0] ?? 0
        isClosed = state.shape != nil
        if slices > 0 { context.count("slices_written", slices) }
    }

    mutating func control(_ record: ControlRecord) { origin.note(record) }

    mutating func write(_ events: Events<ReconstructedSlice>) throws {
        for event in events where event.value.isLast {
            let slice = event.value
            let shape = [slice.sliceCount, slice.size, slice.size]
            guard shape == self.shape ?? shape else { throw TomographyError.volumeChanged(path: volume.path) }
            if self.shape == nil || isClosed || slice.scan != scan {
                // The last window of the next scan takes the place of that before.
                try volume.create(shape: shape, origin: origin.names)
                (self.shape, scan, slices, isClosed) = (shape, slice.scan, 0, false)
            }
            try slice.pixels.withValues(of: Float.self) { (pixels) throws(FormatError) in
                try volume.write(slice: slice.slice, pixels)
            }
            slices += 1
            context.count("slices_written", 1)
        }
    }

    mutating func checkpoint() throws -> [UInt8]? {
        var state = State(temporaryPath: volume.temporaryPath, shape: nil, inputSHA256: origin.inputSHA256)
        if let shape {
            // Whoever cuts a window in two by a barrier cannot go on from there.
            guard slices == shape[0] else { return nil }
            if !isClosed { try volume.close() }
            isClosed = true
            state.shape = shape
        }
        return try SinkState.bytes(state)
    }

    mutating func suspend() { volume.leave() }

    mutating func finish() throws {
        guard shape != nil else { throw TomographyError.emptyVolume(path: volume.path) }
        try volume.commit()
    }

    mutating func abandon() { volume.discard() }
}
