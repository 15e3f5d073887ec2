internal import Foundation
public import Penstock
internal import PenstockFormats

/// Shows the middle slice of every window as a grey PNG image while the run goes on: `window_00000.png` and so on.
///
/// `windows.csv` beside them says of each how many projections it had, over which angles, and whether it was complete; those that are
/// not grow to the first one that is. Grey values span the 0.5th to the 99.5th percentile of the disk that all projections see. Each image appears complete; what a run has
/// shown stays when it fails, because showing it was its purpose.
public struct Preview: Sink {
    private let path: String

    /// A folder at `path`.
    public init(_ path: String) { self.path = path }

    /// The kind and the name of the folder.
    public var summary: String { "previews in \(path)" }

    /// Refuses a folder that has pictures already, unless they may be replaced.
    public func check(_ context: SinkContext) throws {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: path)) ?? []
        guard context.overwrite || !names.contains(where: Self.isPreview) else {
            throw FormatError(
                .exists, file: path, "the folder has previews already", hint: "choose another or give --overwrite")
        }
        do {
            try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
        } catch {
            throw FormatError(
                .cannotCreate, file: path, "the folder for previews cannot be made",
                hint: "choose a folder in a place where you may write")
        }
        for name in names where Self.isPreview(name) { try? FileManager.default.removeItem(atPath: "\(path)/\(name)") }
    }

    /// Begins to write.
    public func open(_ context: SinkContext) throws -> any SinkWriter<ReconstructedSlice> {
        Writer(path: path, context: context)
    }

    private static let list = "windows.csv"

    private static func isPreview(_ name: String) -> Bool {
        name == list || name.hasPrefix("window_") && name.hasSuffix(".png")
    }

    private struct Writer: SinkWriter {
        let path: String
        let context: SinkContext
        private var shown: [(picture: String, projections: Int, anglesDegrees: ClosedRange<Double>, isComplete: Bool)] =
            []

        init(path: String, context: SinkContext) {
            self.path = path
            self.context = context
        }

        mutating func write(_ events: Events<ReconstructedSlice>) throws {
            for event in events where event.value.slice == event.value.sliceCount / 2 {
                let slice = event.value
                let picture = "window_\(slice.window.fiveDigits).png"
                try show(slice, picture)
                shown.append((picture, slice.projections, slice.anglesDegrees, slice.isComplete))
                try list()
            }
        }

        /// Puts the list of the pictures in place anew: it is complete at any time, like they are.
        private func list() throws {
            let list = "\(path)/\(Preview.list)"
            let pending = try PendingFile(list, overwrites: true)
            do throws(FormatError) {
                var table = try CSVWriter(
                    creating: pending.temporaryPath,
                    columns: ["picture", "projections", "first_angle", "last_angle", "complete"])
                for row in shown {
                    table.append(row.picture)
                    table.append(row.projections)
                    table.append(row.anglesDegrees.lowerBound)
                    table.append(row.anglesDegrees.upperBound)
                    table.append(row.isComplete ? "yes" : "no")
                    try table.endRecord()
                }
                try table.close()
            } catch {
                throw error.naming(list, insteadOf: pending.temporaryPath)
            }
            try pending.commit()
        }

        private func show(_ slice: ReconstructedSlice, _ name: String) throws {
            let picture = "\(path)/\(name)"
            let pending = try PendingFile(picture, overwrites: true)
            let temporary = pending.temporaryPath
            do {
                try slice.greyLevels().withUnsafeBytes { pixels in
                    try PNGFile.write(pixels, rows: slice.size, columns: slice.size, channels: .grey, to: temporary)
                }
            } catch let error as FormatError {
                throw error.naming(picture, insteadOf: temporary)
            }
            try pending.commit()
            context.count("windows_shown", 1)
        }

        mutating func finish() {}

        mutating func abandon() {}
    }
}

extension ReconstructedSlice {
    /// The image in 256 levels of grey, stretched over what the inner disk holds.
    fileprivate func greyLevels() -> [UInt8] {
        pixels.withValues(of: Float.self) { values in
            let middle = Float(size - 1) / 2
            let radius = Float(size) / 2
            var inside: [Float] = []
            for row in 0..<size {
                let y = Float(row) - middle
                for column in 0..<size {
                    let x = Float(column) - middle
                    if x * x + y * y <= radius * radius { inside.append(values[row * size + column]) }
                }
            }
            inside.sort()
            let low = inside[Int(0.005 * Double(inside.count - 1))]
            let high = inside[Int(0.995 * Double(inside.count - 1))]
            let scale = high > low ? 255 / (high - low) : 0
            return values.map { UInt8(max(0, min(255, (($0 - low) * scale).rounded()))) }
        }
    }
}
