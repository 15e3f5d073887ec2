internal import PenstockFormats

/// A picture in red, green and blue, drawn on pixel by pixel. What lies beside it is cut off.
struct Canvas {
    let rows: Int
    let columns: Int
    private(set) var pixels: [SIMD3<UInt8>]

    /// Of one colour.
    init(rows: Int, columns: Int, _ colour: SIMD3<UInt8>) {
        self.rows = rows
        self.columns = columns
        pixels = Array(repeating: colour, count: rows * columns)
    }

    subscript(row: Int, column: Int) -> SIMD3<UInt8> {
        get { pixels[row * columns + column] }
        set {
            guard (0..<rows).contains(row), (0..<columns).contains(column) else { return }
            pixels[row * columns + column] = newValue
        }
    }

    mutating func fill(row: Int, column: Int, rows height: Int, columns width: Int, _ colour: SIMD3<UInt8>) {
        for row in row..<row + height { for column in column..<column + width { self[row, column] = colour } }
    }

    /// Puts another picture down.
    mutating func put(_ other: Canvas, row: Int, column: Int) {
        for inner in 0..<other.rows {
            for across in 0..<other.columns { self[row + inner, column + across] = other[inner, across] }
        }
    }

    /// Writes text whose top left corner is given, in letters of 5 x 7 times `scale` pixels.
    mutating func write(_ text: String, row: Int, column: Int, scale: Int, _ colour: SIMD3<UInt8>) {
        var left = column
        for character in text.unicodeScalars {
            for (across, bits) in BitmapFont.glyph(character).enumerated() {
                for down in 0..<BitmapFont.height where bits >> down & 1 == 1 {
                    fill(row: row + down * scale, column: left + across * scale, rows: scale, columns: scale, colour)
                }
            }
            left += BitmapFont.advance * scale
        }
    }

    /// How wide a text is.
    static func width(of text: String, scale: Int) -> Int {
        max(0, text.unicodeScalars.count * BitmapFont.advance - 1) * scale
    }

    /// The bytes of a PNG file.
    func png(file: String) throws(FormatError) -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(3 * pixels.count)
        for pixel in pixels { bytes += [pixel.x, pixel.y, pixel.z] }
        return try bytes.withUnsafeBufferPointer { (bytes) throws(FormatError) in
            try PNGFile.encode(UnsafeRawBufferPointer(bytes), rows: rows, columns: columns, channels: .rgb, file: file)
        }
    }
}
