internal import PenstockFormats

/// An image in colours, with what it shows written below: some words, the values of the darkest and the brightest colour, and a scale bar.
struct LabelledPicture {
    /// `[row, column]`, rows from top to bottom.
    let values: [Float]
    let columns: Int
    let contrast: Contrast
    let colours: ColourMap
    /// What is written below; pictures of as many lines of images of one size have one size.
    let lines: [String]
    /// What the values are in, such as `1/px`.
    let unit: String
    /// Nil for a picture whose axes are no lengths.
    let bar: ScaleBar?

    /// Smaller images are shown larger: so wide that 30 letters stand in a line.
    static let smallestWidth = 192
    /// From here on letters are twice as large.
    static let largeWidth = 512
    private static let ink = SIMD3<UInt8>(repeating: 235)
    private static let paper = SIMD3<UInt8>(repeating: 24)

    func drawn() -> Canvas {
        let palette = colours.palette
        let rows = values.count / columns
        let zoom = (Self.smallestWidth + columns - 1) / columns
        let scale = columns * zoom >= Self.largeWidth ? 2 : 1
        let (margin, line) = (4 * scale, (BitmapFont.height + 3) * scale)
        let width = columns * zoom
        let scaleRows = line + margin
        var canvas = Canvas(
            rows: rows * zoom + margin + lines.count * line + scaleRows + margin, columns: width, Self.paper)
        for row in 0..<rows * zoom {
            for column in 0..<width {
                canvas[row, column] = palette[contrast.level(values[row / zoom * columns + column / zoom])]
            }
        }
        var top = rows * zoom + margin
        for text in lines {
            canvas.write(text, row: top, column: margin, scale: scale, Self.ink)
            top += line
        }
        drawScales(&canvas, top, margin, scale, zoom, palette)
        return canvas
    }

    /// The colours between their two values, and the scale bar.
    private func drawScales(
        _ canvas: inout Canvas, _ top: Int, _ margin: Int, _ scale: Int, _ zoom: Int, _ palette: [SIMD3<UInt8>]
    ) {
        let height = BitmapFont.height * scale
        var left = margin
        // What is hardly more than a rounding error is 0.
        let low = abs(contrast.low) < 1e-5 * (contrast.high - contrast.low) ? "0" : Self.short(contrast.low)
        canvas.write(low, row: top, column: left, scale: scale, Self.ink)
        left += Canvas.width(of: low, scale: scale) + margin
        let length = bar.map { Int(($0.pixels * Double(zoom)).rounded()) } ?? 0
        let reserved = bar.map { max(length, Canvas.width(of: $0.text, scale: scale)) + margin } ?? 0
        var high = "\(Self.short(contrast.high)) \(unit)"
        func room() -> Int {
            canvas.columns - left - Canvas.width(of: high, scale: scale) - reserved - 2 * margin
        }
        // In a narrow picture the values and the bar stand close: the colours give way, then the unit.
        let least = 8 * scale
        if room() < least { high = Self.short(contrast.high) }
        let width = max(least, min(canvas.columns / 6, room()))
        for column in 0..<width {
            canvas.fill(
                row: top, column: left + column, rows: height, columns: 1, palette[column * 255 / max(1, width - 1)])
        }
        left += width + margin
        canvas.write(high, row: top, column: left, scale: scale, Self.ink)
        guard let bar else { return }
        let right = canvas.columns - margin
        canvas.fill(row: top + height - 2 * scale, column: right - length, rows: 2 * scale, columns: length, Self.ink)
        let text = Canvas.width(of: bar.text, scale: scale)
        canvas.write(
            bar.text, row: top - 4 * scale,
            column: right - length / 2 - text / 2 - (text > length ? (text - length) / 2 : 0),
            scale: scale, Self.ink)
    }

    /// A value in three digits.
    static func short(_ value: Float) -> String {
        guard value.isFinite, value != 0 else { return value == 0 ? "0" : "\(value)" }
        var (mantissa, exponent) = (Double(abs(value)), 0)
        while mantissa >= 1000 { (mantissa, exponent) = (mantissa / 10, exponent + 1) }
        while mantissa < 100 { (mantissa, exponent) = (mantissa * 10, exponent - 1) }
        var digits = Int(mantissa.rounded())
        while digits.isMultiple(of: 10), digits != 0 { (digits, exponent) = (digits / 10, exponent + 1) }
        let text = "\(digits)"
        let point = text.count + exponent
        let plain: String
        if exponent >= 0, point <= 6 {
            plain = text + String(repeating: "0", count: exponent)
        } else if exponent < 0, point > 0 {
            plain = "\(text.prefix(point)).\(text.dropFirst(point))"
        } else if exponent < 0, point > -3 {
            plain = "0." + String(repeating: "0", count: -point) + text
        } else {
            let rest = text.dropFirst()
            plain = "\(text.prefix(1))\(rest.isEmpty ? "" : ".")\(rest)e\(point - 1)"
        }
        return value < 0 ? "-\(plain)" : plain
    }
}
