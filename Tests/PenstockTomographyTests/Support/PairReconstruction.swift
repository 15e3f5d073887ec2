@testable import PenstockTomography

/// A scan of a pair of slices, for any method.
struct PairScan {
    var columns: Int
    var anglesRadians: [Double]
    var centre: Double
    /// The sinograms, [angle, column].
    var even: [Float]
    var odd: [Float]?

    /// The line integrals of one phantom or two.
    init(
        _ even: SlicePhantom, _ odd: SlicePhantom? = nil, columns: Int, anglesRadians: [Double], centre: Double
    ) {
        self.columns = columns
        self.anglesRadians = anglesRadians
        self.centre = centre
        self.even = even.sinogram(anglesRadians: anglesRadians, columns: columns, centre: centre)
        self.odd = odd?.sinogram(anglesRadians: anglesRadians, columns: columns, centre: centre)
    }

    /// The images of the pair, the odd one's empty where there is none.
    /// - Parameter start: Images to begin with.
    func images(
        by method: ReconstructionMethod, from start: (even: [Float], odd: [Float])? = nil,
        pool: MemoryPool = MemoryPool()
    ) throws -> (even: [Float], odd: [Float]) {
        let plan = try method.plan(columns: columns, anglesRadians: anglesRadians, centre: centre)
        var evenImage = start?.even ?? Array(repeating: .nan, count: columns * columns)
        var oddImage = odd == nil ? [] : start?.odd ?? Array(repeating: .nan, count: columns * columns)
        even.withUnsafeBufferPointer { even in
            (odd ?? []).withUnsafeBufferPointer { oddRows in
                evenImage.withUnsafeMutableBufferPointer { evenImage in
                    oddImage.withUnsafeMutableBufferPointer { oddImage in
                        let evenLines = anglesRadians.indices.map { even.baseAddress! + $0 * columns }
                        let oddLines =
                            odd == nil ? [] : anglesRadians.indices.map { oddRows.baseAddress! + $0 * columns }
                        evenLines.withUnsafeBufferPointer { evenLines in
                            oddLines.withUnsafeBufferPointer { oddLines in
                                pool.reconstruct(
                                    SlicePair(
                                        even: evenLines, odd: odd == nil ? nil : oddLines,
                                        evenImage: evenImage.baseAddress!,
                                        oddImage: odd == nil ? nil : oddImage.baseAddress!, isWarm: start != nil),
                                    by: plan)
                            }
                        }
                    }
                }
            }
        }
        return (evenImage, oddImage)
    }
}

extension SlicePhantom {
    /// Three ellipses without any symmetry, sharp-edged, values up to 1.
    static func pebbles(radiusPixels: Double) -> SlicePhantom {
        SlicePhantom(
            ellipses: [
                Ellipse(value: 1, halfAxisX: 0.7, halfAxisY: 0.8),
                Ellipse(value: -0.6, halfAxisX: 0.25, halfAxisY: 0.3, x: 0.25, y: 0.2, angleDegrees: 20),
                Ellipse(value: 0.8, halfAxisX: 0.2, halfAxisY: 0.1, x: -0.3, y: -0.3, angleDegrees: 60),
            ], radiusPixels: radiusPixels)
    }

    /// The slice of Shepp and Logan.
    static func sheppLogan(radiusPixels: Double) -> SlicePhantom {
        SlicePhantom(ellipses: Ellipse.sheppLogan, radiusPixels: radiusPixels)
    }

    /// A disk of value 1.
    static func disk(radiusPixels: Double) -> SlicePhantom {
        SlicePhantom(ellipses: [Ellipse(value: 1, halfAxisX: 1, halfAxisY: 1)], radiusPixels: radiusPixels)
    }
}
