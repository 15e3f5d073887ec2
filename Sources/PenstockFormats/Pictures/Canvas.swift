/// A picture in red, green and blue, drawn on pixel by pixel. What lies beside it is cut off.
package struct Canvas: Sendable, Hashable {
    package let rows: Int
    package let columns: Int
    /// Row by row from the top.
    package private(set) var pixels: [SIMD3<UInt8>]

    /// Of one colour.
    package init(rows: Int, columns: Int, _ colour: SIMD3<UInt8>) {
        self.rows = rows
        self.columns = columns
        pixels = Array(repeating: colour, count: rows * columns)
    }

    /// The picture of a PNG file.
    /// - Precondition: Its pixels are red, green and blue.
    package init(_ image: PNGPixels) {
        precondition(image.channels == .rgb, "a canvas has three colours")
        (rows, columns) = (image.rows, image.columns)
        pixels = (0..<rows * columns).map {
            SIMD3(image.bytes[3 * $0], image.bytes[3 * $0 + 1], image.bytes[3 * $0 + 2])
        }
    }

    package subscript(row: Int, column: Int) -> SIMD3<UInt8> {
        get { pixels[row * columns + column] }
        set {
            guard (0..<rows).contains(row), (0..<columns).contains(column) else { return }
            pixels[row * columns + column] = newValue
        }
    }

    package mutating func fill(row: Int, column: Int, rows height: Int, columns width: Int, _ colour: SIMD3<UInt8>) {
        for row in row..<row + height { for column in column..<column + width { self[row, column] = colour } }
    }

    /// Puts another picture down.
    package mutating func put(_ other: Canvas, row: Int, column: Int) {
        for inner in 0..<other.rows {
            for across in 0..<other.columns { self[row + inner, column + across] = other[inner, across] }
        }
    }

    /// The picture with `factor` by `factor` pixels as one, their mean; what is left over at the right and below makes pixels of its own.
    package func reduced(by factor: Int) -> Canvas {
        guard factor > 1 else { return self }
        var small = Canvas(
            rows: (rows + factor - 1) / factor, columns: (columns + factor - 1) / factor, SIMD3(repeating: 0))
        for row in 0..<small.rows {
            for column in 0..<small.columns {
                var sum = SIMD3<Int>(repeating: 0)
                let (bottom, right) = (min(rows, (row + 1) * factor), min(columns, (column + 1) * factor))
                for inner in row * factor..<bottom {
                    for across in column * factor..<right { sum &+= SIMD3(truncatingIfNeeded: self[inner, across]) }
                }
                let count = (bottom - row * factor) * (right - column * factor)
                small[row, column] = SIMD3(truncatingIfNeeded: (sum &+ count / 2) / count)
            }
        }
        return small
    }

    /// Writes text whose top left corner is given, in letters of 5 x 7 times `scale` pixels.
    package mutating func write(_ text: String, row: Int, column: Int, scale: Int, _ colour: SIMD3<UInt8>) {
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
    package static func width(of text: String, scale: Int) -> Int {
        max(0, text.unicodeScalars.count * BitmapFont.advance - 1) * scale
    }

    /// The bytes of a PNG file.
    package func png(file: String) throws(FormatError) -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(3 * pixels.count)
        for pixel in pixels {
            bytes.append(pixel.x)
            bytes.append(pixel.y)
            bytes.append(pixel.z)
        }
        return try bytes.withUnsafeBufferPointer { (bytes) throws(FormatError) in
            try PNGFile.encode(UnsafeRawBufferPointer(bytes), rows: rows, columns: columns, channels: .rgb, file: file)
        }
    }
}
