/// Pictures of one size side by side, row by row from the top left.
struct ContactSheet {
    private static let gap = 6
    private static let paper = SIMD3<UInt8>(repeating: 64)
    private let pictures: [Canvas]

    /// - Precondition: There is one picture at least.
    init(_ pictures: [Canvas]) {
        precondition(!pictures.isEmpty, "a sheet has a picture")
        self.pictures = pictures
    }

    /// How many stand side by side: as many as make the sheet about as wide as high.
    var across: Int { (1...pictures.count).first { $0 * $0 >= pictures.count } ?? 1 }

    func drawn() -> Canvas {
        let down = (pictures.count + across - 1) / across
        let (rows, columns) = (pictures[0].rows + Self.gap, pictures[0].columns + Self.gap)
        var sheet = Canvas(rows: down * rows + Self.gap, columns: across * columns + Self.gap, Self.paper)
        for (place, picture) in pictures.enumerated() {
            sheet.put(picture, row: Self.gap + place / across * rows, column: Self.gap + place % across * columns)
        }
        return sheet
    }
}
