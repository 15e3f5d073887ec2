internal import Foundation
public import Penstock
internal import PenstockFormats

/// Shows the middle slice of every window as a PNG image while the run goes on: `window_00000.png` and so on; beside it stands the sinogram
/// that it was made of, if the slice carries it.
///
/// Below the slice stands what it is: the window, its projections and their angles, the values of the darkest and the brightest colour, and
/// a scale bar. Colours span the 0.5th to the 99.5th percentile of the disk that all projections see. `windows.csv` says the same of all
/// windows, and at the end `windows.png` shows them one after the other (an animated PNG, of at most 128 windows evenly over the run).
/// Each file appears complete; what a run has shown stays when it fails, because showing it was its purpose.
public struct Preview: Sink {
    private let path: String
    private let colours: ColourMap
    private let pixelSize: PixelSize?

    /// A folder at `path`.
    /// - Parameters:
    ///   - colours: How values become colours.
    ///   - pixelSize: The size of a pixel, for the scale bar; nil counts pixels.
    public init(_ path: String, colours: ColourMap = .grey, pixelSize: PixelSize? = nil) {
        self.path = path
        self.colours = colours
        self.pixelSize = pixelSize
    }

    /// The kind and the name of the folder.
    public var summary: String { "previews in \(path)" }

    /// Each window once: pictures behind the checkpoint are removed and come again.
    public var delivery: SinkDelivery { .exactlyOnce }

    /// Refuses a folder that has pictures already, unless they may be replaced.
    public func check(_ context: SinkContext) throws {
        try PictureFolder.prepare(path, overwrites: context.overwrite, isPicture: Self.isPreview)
    }

    /// Begins to write.
    public func open(_ context: SinkContext) throws -> any SinkWriter<ReconstructedSlice> {
        Writer(self, context)
    }

    /// Goes on behind the windows of a checkpoint. The animation is put together again from their pictures.
    public func reopen(_ context: SinkContext, from state: [UInt8]) throws -> any SinkWriter<ReconstructedSlice> {
        let shown = try SinkState.read([Shown].self, from: state)
        let names = Set(shown.map(\.picture))
        try PictureFolder.goOn(path, isPicture: Self.isPreview, keeps: names.contains)
        var writer = Writer(self, context)
        for window in shown { try writer.show(again: window) }
        if !shown.isEmpty { try writer.list() }
        return writer
    }

    /// A window that was shown, as a checkpoint holds it: all that `windows.csv` says of it.
    private struct Shown: Codable {
        var picture: String
        var projections: Int
        var firstAngle: Double
        var lastAngle: Double
        var isComplete: Bool
    }

    private static let list = "windows.csv"
    private static let animation = "windows.png"
    /// The most frames of the animation: of more windows every second one is left out, and so on.
    private static let mostFrames = 128

    private static func isPreview(_ name: String) -> Bool {
        name == list || name == animation || name.hasPrefix("window_") && name.hasSuffix(".png")
    }

    private struct Writer: SinkWriter {
        private let preview: Preview
        private let context: SinkContext
        private var frames = AnimatedPNG(millisecondsPerFrame: 250)
        private var windowsPerFrame = 1
        private var shown: [Shown] = []

        init(_ preview: Preview, _ context: SinkContext) {
            self.preview = preview
            self.context = context
        }

        mutating func write(_ events: Events<ReconstructedSlice>) throws {
            for event in events where event.value.slice == event.value.sliceCount / 2 {
                let slice = event.value
                let picture = "\(WindowName.of(slice.window)).png"
                try show(slice, picture)
                shown.append(
                    Shown(
                        picture: picture, projections: slice.projections, firstAngle: slice.anglesDegrees.lowerBound,
                        lastAngle: slice.anglesDegrees.upperBound, isComplete: slice.isComplete))
                try list()
            }
        }

        /// Takes up a window whose picture an earlier process has made.
        mutating func show(again window: Shown) throws {
            let picture = "\(preview.path)/\(window.picture)"
            guard let bytes = FileManager.default.contents(atPath: picture) else {
                throw FormatError(
                    .notFound, file: picture, "the picture of a window before the checkpoint is gone",
                    hint: "put it back, or begin anew without the checkpoint")
            }
            animate(Array(bytes), picture)
            context.count("windows_shown", 1)
            shown.append(window)
        }

        /// Puts the list of the pictures in place anew: it is complete at any time, like they are.
        func list() throws {
            let list = "\(preview.path)/\(Preview.list)"
            let pending = try PendingFile(list, overwrites: true)
            do throws(FormatError) {
                var table = try CSVWriter(
                    creating: pending.temporaryPath,
                    columns: ["picture", "projections", "first_angle", "last_angle", "complete"])
                for row in shown {
                    table.append(row.picture)
                    table.append(row.projections)
                    table.append(row.firstAngle)
                    table.append(row.lastAngle)
                    table.append(row.isComplete ? "yes" : "no")
                    try table.endRecord()
                }
                try table.close()
            } catch {
                throw error.naming(list, insteadOf: pending.temporaryPath)
            }
            try pending.commit()
        }

        private mutating func show(_ slice: ReconstructedSlice, _ name: String) throws {
            let picture = "\(preview.path)/\(name)"
            let bytes = try slice.picture(preview.colours, pixelSize: preview.pixelSize).png(file: picture)
            try PictureFolder.write(bytes, to: picture)
            context.count("windows_shown", 1)
            animate(bytes, picture)
        }

        /// Puts the picture of the next window into the animation.
        private mutating func animate(_ bytes: [UInt8], _ picture: String) {
            guard shown.count.isMultiple(of: windowsPerFrame) else { return }
            if frames.count == Preview.mostFrames {
                frames.thin()
                windowsPerFrame *= 2
                guard shown.count.isMultiple(of: windowsPerFrame) else { return }
            }
            // The next scan may have slices of another size; the animation is of the first one.
            try? frames.append(bytes, file: picture)
        }

        mutating func checkpoint() throws -> [UInt8]? { try SinkState.bytes(shown) }

        mutating func finish() throws {
            guard frames.count > 1 else { return }
            try PictureFolder.write(frames.encoded(), to: "\(preview.path)/\(Preview.animation)")
        }

        mutating func abandon() {}
    }
}

extension ReconstructedSlice {
    /// The image with what it shows, its colours stretched over what the inner disk holds.
    fileprivate func picture(_ colours: ColourMap, pixelSize: PixelSize?) -> Canvas {
        let values = pixels.withValues(of: Float.self) { Array($0) }
        let disk = Disk(size: size, ratio: 1)
        var inside: [Float] = []
        for row in 0..<size { inside += values[disk.pixels(ofRow: row)] }
        func degrees(_ angle: Double) -> String {
            let rounded = (angle * 100).rounded() / 100
            return rounded == rounded.rounded() ? "\(Int(rounded))" : "\(rounded)"
        }
        let angles = "\(degrees(anglesDegrees.lowerBound)) to \(degrees(anglesDegrees.upperBound))°"
        let lines = [
            "window \(window), slice \(slice)", "\(projections) projections",
            angles + (isComplete ? "" : ", not complete"),
        ]
        let image = LabelledPicture(
            values: values, columns: size, contrast: Contrast(inside), colours: colours, lines: lines, unit: "1/px",
            bar: ScaleBar(columns: size, pixelSize: pixelSize)
        ).drawn()
        guard let sinogram else { return image }
        let below = ["sinogram of row \(row)", "\(sinogram.angles) angles, \(sinogram.columns) columns", ""]
        let beside = LabelledPicture(
            values: sinogram.square(size: size), columns: size, contrast: Contrast(sinogram.values), colours: colours,
            lines: below, unit: "", bar: nil
        ).drawn()
        var both = Canvas(rows: image.rows, columns: 2 * image.columns, SIMD3(repeating: 24))
        both.put(image, row: 0, column: 0)
        both.put(beside, row: 0, column: image.columns)
        return both
    }
}

extension Sinogram {
    /// The nearest value to each pixel of a square picture, the first angle on top, so that sinograms of any number of angles fill one size.
    func square(size: Int) -> [Float] {
        (0..<size).flatMap { row in
            let angle = (2 * row + 1) * angles / (2 * size)
            return (0..<size).map { column in values[angle * columns + (2 * column + 1) * columns / (2 * size)] }
        }
    }
}
