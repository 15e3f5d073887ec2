internal import PenstockFormats

/// Where everything is on a contact sheet, in pixels: how large pictures are shown, and the letters above them.
struct SheetLayout {
    /// The most pixels of a side of the sheet: pictures are made smaller by whole factors until it has no more.
    static let mostPixels = 6_000

    /// How many places stand side by side.
    let across: Int
    /// By how much pictures are made smaller.
    let reduction: Int
    /// The room of a picture.
    let rows: Int
    let columns: Int
    /// How much larger than 5 x 7 pixels letters are.
    let scale: Int
    /// The room of the labels above a picture.
    let band: Int

    /// From one line of letters to the next.
    var line: Int { Self.line(scale) }
    /// Between letters and the edge.
    var margin: Int { 4 * scale }

    /// - Parameters:
    ///   - pictures: The sizes of the pictures, one at least.
    ///   - labels: The lines above each place of the sheet.
    ///   - across: How many places stand side by side.
    init(_ pictures: [(rows: Int, columns: Int)], labels: [[String]], across: Int) {
        let rows = pictures.map(\.rows).max() ?? 1
        let columns = pictures.map(\.columns).max() ?? 1
        let widest = labels.joined().map(\.unicodeScalars.count).max() ?? 0
        let lines = labels.map(\.count).max() ?? 0
        var layout = Self(across, rows, columns, 1, widest, lines)
        var reduction = 1
        while layout.side(labels.count) > Self.mostPixels, max(layout.rows, layout.columns) > 1 {
            reduction += 1
            layout = Self(across, rows, columns, reduction, widest, lines)
        }
        self = layout
    }

    private init(_ across: Int, _ rows: Int, _ columns: Int, _ reduction: Int, _ widest: Int, _ lines: Int) {
        self.across = across
        self.reduction = reduction
        self.rows = (rows + reduction - 1) / reduction
        self.columns = (columns + reduction - 1) / reduction
        scale = Self.scale(widest, self.columns)
        band = lines * Self.line(scale) + 5 * scale
    }

    private static func line(_ scale: Int) -> Int { (BitmapFont.height + 3) * scale }

    /// Letters as large as the widest label has room for, and no larger than suits the pictures.
    private static func scale(_ widest: Int, _ columns: Int) -> Int {
        let room = widest * BitmapFont.advance + 8
        return [3, 2].first { $0 * max(room, 18 * BitmapFont.height) <= columns } ?? 1
    }

    /// The longer side of a sheet of so many places.
    private func side(_ count: Int) -> Int {
        let down = (count + across - 1) / across
        let width = across * (columns + ContactSheet.gap)
        let height = down * (rows + band + ContactSheet.gap)
        return max(width, height) + ContactSheet.gap
    }
}
