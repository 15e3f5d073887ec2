internal import Penstock
internal import PenstockEvents
internal import PenstockFormats

/// A volume while it is written, in whatever format. It begins with its first slice, which says how large it is.
protocol PendingVolume: AnyObject {
    /// The final name of the file or folder.
    var path: String { get }

    /// Begins a volume of `shape`: slices, rows and columns.
    /// - Parameter origin: How it was made, as names and texts.
    func create(shape: [Int], origin: [String: String]) throws(FormatError)

    /// Writes a slice.
    func write(slice: Int, _ pixels: UnsafeBufferPointer<Float>) throws(FormatError)

    /// Puts the volume under its name.
    func commit() throws(FormatError)

    /// Removes what was written.
    func discard()
}

/// How a volume was made, as names and texts: its parameters, the software, and the checksum of the input.
struct VolumeOrigin: Sendable {
    private(set) var names: [String: String]

    init(parameters: [String: String]) {
        names = parameters
        names["software"] = "Penstock"
        names["software_version"] = PenstockVersion.current
    }

    /// Keeps what the source knew of its input.
    mutating func note(_ record: ControlRecord) {
        guard case .scanStart(let start) = record else { return }
        names["input_sha256"] = start.properties["sha256"]
    }
}

/// Writes the slices of the last window of a scan to a volume.
struct VolumeWriter: SinkWriter {
    private let volume: any PendingVolume
    private let context: SinkContext
    private var origin: VolumeOrigin
    private var shape: [Int]?

    init(_ volume: any PendingVolume, parameters: [String: String], _ context: SinkContext) {
        self.volume = volume
        self.context = context
        origin = VolumeOrigin(parameters: parameters)
    }

    mutating func control(_ record: ControlRecord) { origin.note(record) }

    mutating func write(_ events: Events<ReconstructedSlice>) throws {
        for event in events where event.value.isLast {
            let slice = event.value
            let shape = [slice.sliceCount, slice.size, slice.size]
            if self.shape == nil {
                try volume.create(shape: shape, origin: origin.names)
                self.shape = shape
            }
            guard shape == self.shape else { throw TomographyError.volumeChanged(path: volume.path) }
            try slice.pixels.withValues(of: Float.self) { (pixels) throws(FormatError) in
                try volume.write(slice: slice.slice, pixels)
            }
            context.count("slices_written", 1)
        }
    }

    mutating func finish() throws {
        guard shape != nil else { throw TomographyError.emptyVolume(path: volume.path) }
        try volume.commit()
    }

    mutating func abandon() { volume.discard() }
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
