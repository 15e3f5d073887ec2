internal import Glibc

/// A bar in a picture whose length is a round number.
struct ScaleBar: Sendable, Hashable {
    /// Its length in pixels of the image.
    let pixels: Double
    /// Its length in words.
    let text: String

    /// The longest bar of 1, 2 or 5 times a power of ten that is at most a quarter of `columns` pixels.
    /// - Parameter pixelSize: The size of a pixel; nil where it is not known, and then the bar counts pixels.
    init(columns: Int, pixelSize: PixelSize?) {
        let size = pixelSize?.micrometres ?? 1
        let most = Double(columns) / 4 * size
        let decade = pow(10, floor(log10(most)))
        let factor = [5.0, 2, 1].first { $0 * decade <= most * (1 + 1e-9) } ?? 1
        let length = factor * decade
        guard pixelSize != nil || length >= 1 else {
            (pixels, text) = (1, "1 px")
            return
        }
        pixels = length / size
        let (value, unit) =
            pixelSize == nil
            ? (length, "px")
            : length >= 1000 ? (length / 1000, "mm") : length >= 1 ? (length, "µm") : (length * 1000, "nm")
        let rounded = (value * 1000).rounded() / 1000
        text = rounded == rounded.rounded() ? "\(Int(rounded)) \(unit)" : "\(rounded) \(unit)"
    }
}
