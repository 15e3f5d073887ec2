/// How well an image agrees with a reference in a disk around the image's middle.
struct Score {
    /// Root mean square difference.
    var rmse: Double
    /// The factor of the least-squares line image = scale * reference + offset.
    var scale: Double
    /// Correlation with the means removed.
    var correlation: Double

    init(_ image: [Float], _ reference: [Float], size: Int, disk ratio: Double) {
        let middle = Double(size - 1) / 2
        let radius = ratio * Double(size) / 2
        let pixels = reference.indices.filter { pixel in
            let x = Double(pixel % size) - middle
            let y = Double(pixel / size) - middle
            return x * x + y * y <= radius * radius
        }
        let count = Double(pixels.count)
        let meanImage = pixels.reduce(0) { $0 + Double(image[$1]) } / count
        let meanReference = pixels.reduce(0) { $0 + Double(reference[$1]) } / count
        var (difference, cross, squareImage, squareReference) = (0.0, 0.0, 0.0, 0.0)
        for pixel in pixels {
            let a = Double(image[pixel])
            let b = Double(reference[pixel])
            difference += (a - b) * (a - b)
            cross += (a - meanImage) * (b - meanReference)
            squareImage += (a - meanImage) * (a - meanImage)
            squareReference += (b - meanReference) * (b - meanReference)
        }
        rmse = (difference / count).squareRoot()
        scale = cross / squareReference
        correlation = cross / (squareImage * squareReference).squareRoot()
    }
}

extension Array where Element == Double {
    /// Angles in radians, evenly over half a turn.
    static func halfTurn(_ count: Int) -> [Double] { (0..<count).map { Double($0) * .pi / Double(count) } }
}
