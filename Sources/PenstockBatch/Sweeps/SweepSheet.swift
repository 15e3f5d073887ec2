internal import Foundation
internal import PenstockFormats

/// The last picture of each task of a sweep on one sheet, with the values of the task above it.
struct SweepSheet {
    private let places: [Place]
    private let across: Int

    private struct Place {
        let result: TaskResult
        let picture: (path: String, rows: Int, columns: Int)?
    }

    /// A sheet; nil where no task has made a picture.
    init?(_ sweep: Sweep, _ results: [TaskResult]) {
        across = sweep.rowLength ?? ContactSheet.across(results.count)
        places = results.map { Place(result: $0, picture: Self.lastPicture(in: $0.folder.path)) }
        guard places.contains(where: { $0.picture != nil }) else { return nil }
    }

    /// The last of the pictures below a folder by name, where 10 stands behind 9. Animations and what is none are passed over.
    private static func lastPicture(in folder: String) -> (path: String, rows: Int, columns: Int)? {
        let names = (try? FileManager.default.subpathsOfDirectory(atPath: folder)) ?? []
        let pictures = names.filter { $0.lowercased().hasSuffix(".png") }
        for name in pictures.sorted(by: { NaturalOrder.precedes($1, $0) }) {
            let path = "\(folder)/\(name)"
            guard let size = try? PNGFile.size(path), let bytes = FileManager.default.contents(atPath: path),
                !AnimatedPNG.isAnimation(Array(bytes))
            else { continue }
            return (path, size.rows, size.columns)
        }
        return nil
    }

    // MARK: Drawing

    private static let paper = SIMD3<UInt8>(repeating: 24)
    private static let label = SIMD3<UInt8>(255, 214, 120)
    private static let remark = SIMD3<UInt8>(repeating: 150)
    private static let alarm = SIMD3<UInt8>(255, 110, 90)

    /// Writes it, in place of an older one.
    func write(to path: String) throws(FormatError) {
        let layout = SheetLayout(
            places.compactMap { $0.picture.map { ($0.rows, $0.columns) } }, labels: places.map(\.result.labels),
            across: across)
        let sheet = ContactSheet(places.map { Self.drawn($0, layout) }, across: across).drawn()
        let pending = try PendingFile(path, overwrites: true)
        do throws(FormatError) {
            try PNGFile.write(encoded: try sheet.png(file: path), to: pending.temporaryPath)
        } catch {
            throw error.naming(path, insteadOf: pending.temporaryPath)
        }
        try pending.commit()
    }

    private static func drawn(_ place: Place, _ layout: SheetLayout) -> Canvas {
        var canvas = Canvas(rows: layout.band + layout.rows, columns: layout.columns, paper)
        let isDone = place.result.state == .completed
        for (number, text) in place.result.labels.enumerated() {
            canvas.write(
                cut(text, layout), row: layout.margin + number * layout.line, column: layout.margin,
                scale: layout.scale, isDone ? label : alarm)
        }
        if let picture = place.picture, let image = try? PNGFile.read(picture.path, as: .rgb) {
            let small = Canvas(image).reduced(by: layout.reduction)
            canvas.put(
                small, row: layout.band + (layout.rows - small.rows) / 2, column: (layout.columns - small.columns) / 2)
        } else {
            let text = cut(isDone ? "no picture" : "\(place.result.state)", layout)
            canvas.write(
                text, row: layout.band + (layout.rows - layout.line) / 2,
                column: (layout.columns - Canvas.width(of: text, scale: layout.scale)) / 2, scale: layout.scale,
                isDone ? remark : alarm)
        }
        return canvas
    }

    /// As much of a text as there is room for.
    private static func cut(_ text: String, _ layout: SheetLayout) -> String {
        let room = (layout.columns - layout.margin) / (BitmapFont.advance * layout.scale)
        return text.count <= room ? text : "\(text.prefix(max(0, room - 2))).."
    }
}
