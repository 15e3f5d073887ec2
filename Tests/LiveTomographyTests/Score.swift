/// How well an image agrees with a reference in a disk around the image's middle.
struct Score {
    let correlation: Double
    /// The factor of the least-squares line image = scale * reference + offset.
    let scale: Double
    /// The root mean square difference as a part of the reference's range from its 1st to its 99th percentile.
    let relativeError: Double
    /// The root mean square difference.
    let error: Double

    init(_ image: [Float], _ reference: [Float], size: Int, disk ratio: Double) {
        let middle = Double(size - 1) / 2
        let radius = ratio * Double(size) / 2
        var pairs: [(x: Double, y: Double)] = []
        for pixel in reference.indices {
            let (dx, dy) = (Double(pixel % size) - middle, Double(pixel / size) - middle)
            if dx * dx + dy * dy <= radius * radius { pairs.append((Double(reference[pixel]), Double(image[pixel]))) }
        }
        let count = Double(pairs.count)
        var sums = (x: 0.0, y: 0.0, difference: 0.0)
        for (x, y) in pairs {
            sums = (sums.x + x, sums.y + y, sums.difference + (x - y) * (x - y))
        }
        let mean = (x: sums.x / count, y: sums.y / count)
        var moments = (xx: 0.0, xy: 0.0, yy: 0.0)
        for (x, y) in pairs {
            moments.xx += (x - mean.x) * (x - mean.x)
            moments.xy += (x - mean.x) * (y - mean.y)
            moments.yy += (y - mean.y) * (y - mean.y)
        }
        correlation = moments.xy / (moments.xx * moments.yy).squareRoot()
        scale = moments.xy / moments.xx
        error = (sums.difference / count).squareRoot()
        let sorted = pairs.map(\.x).sorted()
        let range = sorted[Int(0.99 * (count - 1))] - sorted[Int(0.01 * (count - 1))]
        relativeError = error / range
    }
}
