/// Pictures of one size side by side, row by row from the top left.
package struct ContactSheet {
    /// Pixels around each picture.
    package static let gap = 6
    private static let paper = SIMD3<UInt8>(repeating: 64)
    private let pictures: [Canvas]
    private let across: Int

    /// - Parameter across: How many stand side by side; by default so many that there are as many rows, or one less.
    /// - Precondition: There is one picture at least.
    package init(_ pictures: [Canvas], across: Int? = nil) {
        precondition(!pictures.isEmpty, "a sheet has a picture")
        self.pictures = pictures
        self.across = across ?? Self.across(pictures.count)
    }

    /// How many of `count` pictures, 1 or more, stand side by side: as many as there are rows, or one more.
    package static func across(_ count: Int) -> Int { (1...count).first { $0 * $0 >= count } ?? 1 }

    /// The sheet as one picture.
    package func drawn() -> Canvas {
        let down = (pictures.count + across - 1) / across
        let (rows, columns) = (pictures[0].rows + Self.gap, pictures[0].columns + Self.gap)
        var sheet = Canvas(rows: down * rows + Self.gap, columns: across * columns + Self.gap, Self.paper)
        for (place, picture) in pictures.enumerated() {
            sheet.put(picture, row: Self.gap + place / across * rows, column: Self.gap + place % across * columns)
        }
        return sheet
    }
}
