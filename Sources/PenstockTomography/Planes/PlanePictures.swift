internal import Foundation
public import Penstock
internal import PenstockFormats

/// Shows planes along the rotation axis as PNG pictures: `plane_00000_x_00100.png` for window 0 and column 100, and so on.
///
/// Each file appears complete; what a run has shown stays when it fails.
public struct PlanePictures: Sink {
    private let path: String
    private let colours: ColourMap
    private let pixelSize: PixelSize?

    /// A folder at `path`, which may be that of a `Preview`.
    public init(_ path: String, colours: ColourMap = .grey, pixelSize: PixelSize? = nil) {
        self.path = path
        self.colours = colours
        self.pixelSize = pixelSize
    }

    /// The kind and the name of the folder.
    public var summary: String { "pictures of planes in \(path)" }

    /// Refuses a folder that has pictures already, unless they may be replaced.
    public func check(_ context: SinkContext) throws {
        try PictureFolder.prepare(path, overwrites: context.overwrite) {
            $0.hasPrefix("plane_") && $0.hasSuffix(".png")
        }
    }

    /// Begins to write.
    public func open(_ context: SinkContext) throws -> any SinkWriter<ReconstructedPlane> { Writer(pictures: self) }

    private struct Writer: SinkWriter {
        let pictures: PlanePictures

        mutating func write(_ events: Events<ReconstructedPlane>) throws {
            for event in events {
                let plane = event.value
                let name =
                    "plane_\(plane.window.fiveDigits)_\(plane.plane.axis.rawValue)_\(plane.plane.position.fiveDigits).png"
                let picture = "\(pictures.path)/\(name)"
                let bytes = try plane.picture(pictures.colours, pixelSize: pictures.pixelSize).png(file: picture)
                try PictureFolder.write(bytes, to: picture)
            }
        }

        mutating func finish() {}

        mutating func abandon() {}
    }
}

extension ReconstructedPlane {
    fileprivate func picture(_ colours: ColourMap, pixelSize: PixelSize?) -> Canvas {
        let values = pixels.withValues(of: Float.self) { Array($0) }
        return LabelledPicture(
            values: values, columns: columns, contrast: Contrast(values), colours: colours,
            lines: [
                "window \(window), \(plane.axis == .x ? "column" : "row") \(plane.position)",
                "\(projections) projections\(isComplete ? "" : ", not complete")",
            ], unit: "1/px", bar: ScaleBar(columns: columns, pixelSize: pixelSize)
        ).drawn()
    }
}

/// Folders of pictures that a run shows as it goes on.
enum PictureFolder {
    /// Makes the folder where it is not there, and takes away the pictures of an earlier run, which are refused unless they may be replaced.
    /// - Throws: `FormatError`.
    static func prepare(_ path: String, overwrites: Bool, isPicture: (String) -> Bool) throws(FormatError) {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: path)) ?? []
        guard overwrites || !names.contains(where: isPicture) else {
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
        for name in names where isPicture(name) { try? FileManager.default.removeItem(atPath: "\(path)/\(name)") }
    }

    /// Puts a picture in place, complete.
    /// - Throws: `FormatError`, naming the picture.
    static func write(_ bytes: [UInt8], to picture: String) throws(FormatError) {
        let pending = try PendingFile(picture, overwrites: true)
        do throws(FormatError) {
            try PNGFile.write(encoded: bytes, to: pending.temporaryPath)
        } catch {
            throw error.naming(picture, insteadOf: pending.temporaryPath)
        }
        try pending.commit()
    }
}
