public import PenstockEvents

/// A change of a scan while it runs: another rotation centre, other slices, or its end. What is nil stays as it was.
///
/// Whoever steers appends it to a topic (`LiveTomography steer` to `steering`). The source of the scan takes it from there and puts it among
/// the frames, so that its place among the projections is recorded with them, and a replay finds it at the same one.
public struct Steering: Sendable, Hashable {
    /// A number that tells it from others, for whoever waits until it is taken.
    public var id: UInt64 = 0
    /// The column that the rotation axis projects to, counted in what cropping and binning leave of the detector.
    public var centre: Double?
    /// The detector rows that become slices.
    public var slices: RowSelection?
    /// The planes along the rotation axis that are shown.
    public var planes: OrthoPlanes?
    /// Whether the scan ends here.
    public var stops = false

    /// No change.
    public init() {}

    /// What holds after `later`: its changes, and of the rest what held before.
    func changed(by later: Steering) -> Steering {
        var result = later
        result.centre = later.centre ?? centre
        result.slices = later.slices ?? slices
        result.planes = later.planes ?? planes
        result.stops = stops || later.stops
        return result
    }
}

extension Steering: CustomStringConvertible {
    /// The changes as text that `init(_:)` reads: `id=7 centre=296.5 slices=30,67 stop`; empty for none.
    public var description: String {
        ((id == 0 ? [] : ["id=\(id)"]) + (changes.isEmpty ? [] : [changes])).joined(separator: " ")
    }

    /// The changes without the number.
    public var changes: String {
        [
            centre.map { "centre=\($0)" }, slices.map { "slices=\($0)" }, planes.map { "planes=\($0)" },
            stops ? "stop" : nil,
        ].compactMap(\.self).joined(separator: " ")
    }

    /// Reads what `description` wrote; nil for anything else.
    public init?(_ text: String) {
        for part in text.split(separator: " ") {
            let (name, value) = (part.prefix { $0 != "=" }, String(part.drop { $0 != "=" }.dropFirst()))
            switch name {
            case "id":
                guard let number = UInt64(value) else { return nil }
                id = number
            case "centre":
                guard let column = Double(value), column.isFinite else { return nil }
                centre = column
            case "slices":
                guard let rows = RowSelection(argument: value) else { return nil }
                slices = rows
            case "planes":
                guard let shown = OrthoPlanes(argument: value) else { return nil }
                planes = shown
            case "stop": stops = true
            default: return nil
            }
        }
    }
}

extension Steering: Event {
    /// What the records of a topic of steerings hold.
    public static let schema = Schema("Steering", fields: [.init("changes", .string)])

    /// Writes the text.
    public func write(to record: inout RecordWriter) { record.append(description) }

    /// Reads the text back.
    public init(reading record: inout RecordReader) throws(RecordError) {
        guard let steering = Steering(try record.readString()) else { throw .invalidField("changes of a steering") }
        self = steering
    }
}

extension Frame {
    /// A steering at its place among the frames of a scan, before the projection `index`.
    public init(_ steering: Steering, scan: ScanID, before index: Int) {
        let text = Array(steering.description.utf8)
        self.init(
            scan: scan, kind: .steering, index: index, angleDegrees: 0, rows: 1, columns: text.count, pixelType: .u8,
            pixels: text.withUnsafeBytes { Payload(copying: $0) })
    }

    /// The steering that stands here; nil for a frame of the detector, and for text that is none.
    public var steering: Steering? {
        guard kind == .steering else { return nil }
        return Steering(pixels.withUnsafeBytes { String(decoding: $0, as: UTF8.self) })
    }
}
