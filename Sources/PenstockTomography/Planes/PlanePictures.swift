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

    /// Each plane once: pictures behind the checkpoint are removed and come again.
    public var delivery: SinkDelivery { .exactlyOnce }

    /// Refuses a folder that has pictures already, unless they may be replaced.
    public func check(_ context: SinkContext) throws {
        try PictureFolder.prepare(path, overwrites: context.overwrite, isPicture: Self.isPlane)
    }

    /// Begins to write.
    public func open(_ context: SinkContext) throws -> any SinkWriter<ReconstructedPlane> { Writer(pictures: self) }

    /// Goes on behind the windows of a checkpoint.
    public func reopen(_ context: SinkContext, from state: [UInt8]) throws -> any SinkWriter<ReconstructedPlane> {
        let lastWindow = try SinkState.read(Int.self, from: state)
        try PictureFolder.goOn(path, isPicture: Self.isPlane) { Self.window($0).map { $0 <= lastWindow } ?? false }
        return Writer(pictures: self, lastWindow: lastWindow)
    }

    private static let beginning = "plane_"

    private static func isPlane(_ name: String) -> Bool { name.hasPrefix(beginning) && name.hasSuffix(".png") }

    /// The number of the window in the name of a picture.
    private static func window(_ name: String) -> Int? {
        Int(name.dropFirst(beginning.count).prefix { $0 != "_" })
    }

    private struct Writer: SinkWriter {
        let pictures: PlanePictures
        /// The last window that was shown; -1 for none.
        var lastWindow = -1

        mutating func write(_ events: Events<ReconstructedPlane>) throws {
            for event in events {
                let plane = event.value
                let name =
                    "\(PlanePictures.beginning)\(plane.window.fiveDigits)_\(plane.plane.axis.rawValue)_\(plane.plane.position.fiveDigits).png"
                let picture = "\(pictures.path)/\(name)"
                let bytes = try plane.picture(pictures.colours, pixelSize: pictures.pixelSize).png(file: picture)
                try PictureFolder.write(bytes, to: picture)
                lastWindow = max(lastWindow, plane.window)
            }
        }

        mutating func checkpoint() throws -> [UInt8]? { try SinkState.bytes(lastWindow) }

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
        try make(path)
        for name in names where isPicture(name) { try? FileManager.default.removeItem(atPath: "\(path)/\(name)") }
    }

    private static func make(_ path: String) throws(FormatError) {
        do {
            try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
        } catch {
            throw FormatError(
                .cannotCreate, file: path, "the folder for previews cannot be made",
                hint: "choose a folder in a place where you may write")
        }
    }

    /// Goes on with the pictures of an earlier process: removes those that come again, and what it left half-written.
    /// - Parameter keeps: Whether a picture stays.
    static func goOn(_ path: String, isPicture: (String) -> Bool, keeps: (String) -> Bool) throws(FormatError) {
        try make(path)
        for name in (try? FileManager.default.contentsOfDirectory(atPath: path)) ?? [] {
            let picture = PendingFile.finalName(ofTemporary: name) ?? name
            guard isPicture(picture), picture != name || !keeps(name) else { continue }
            let file = "\(path)/\(name)"
            do { try FileManager.default.removeItem(atPath: file) } catch {
                throw FormatError(
                    .cannotCreate, file: file, "a picture behind the checkpoint cannot be removed",
                    hint: "remove it, so that it can come again")
            }
        }
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
