internal import PenstockEvents

/// What a stored scan has for finding its rotation centre: the sinogram of one detector row, and two projections half a turn apart.
///
/// Projections are normalised by the mean flat and dark, and -log is taken. The whole file is read once, some frames at a time; kept are the
/// row and the two projections.
public struct CentreData: Sendable {
    /// The row, counted from 0.
    public let row: Int
    /// Rows and columns of the detector.
    public let rows, columns: Int
    /// The angles of all projections, in degrees, in the order of the scan.
    public let anglesDegrees: [Double]
    /// The row of all projections, `[projection, column]`, in the order of the scan.
    public let lines: [Float]
    /// A projection and the one nearest to half a turn behind it, `[row, column]`.
    public let opposite: (first: [Float], second: [Float])
    /// How far apart they are; 180 degrees at best.
    public let oppositeDegrees: Double

    /// Reads the scan at `path`.
    /// - Parameter row: The row; nil for the middle one.
    /// - Throws: `FormatError`, naming file and dataset; `TomographyError.rowOutside` or `flatsNotBrighter`.
    public init(_ path: String, _ options: ScanFile.Options = ScanFile.Options(), row wanted: Int? = nil) throws {
        let scan = try OpenScan(path, options)
        let row = wanted ?? scan.rows / 2
        guard (0..<scan.rows).contains(row) else { throw TomographyError.rowOutside(row, rows: 0..<scan.rows) }
        let reference = try Reference(scan)
        let pair = Self.opposite(scan.anglesDegrees)
        var lines: [Float] = []
        var whole: [Int: [Float]] = [:]
        var index = 0
        for (number, section) in scan.sections.enumerated() where section.kind == .projection {
            var offset = 0
            while offset < section.range.count {
                let count = min(scan.framesPerBlock(of: section), section.range.count - offset)
                for pixels in try scan.read(number, offset..<offset + count, firstIndex: index) {
                    let values = reference.attenuation(of: scan.frame(pixels, section, index))
                    lines += values[row * scan.columns..<(row + 1) * scan.columns]
                    if index == pair.first || index == pair.second { whole[index] = values }
                    index += 1
                }
                offset += count
            }
        }
        self.row = row
        (rows, columns, anglesDegrees) = (scan.rows, scan.columns, scan.anglesDegrees)
        self.lines = lines
        opposite = (whole[pair.first] ?? [], whole[pair.second] ?? [])
        oppositeDegrees = abs(anglesDegrees[pair.second] - anglesDegrees[pair.first])
    }

    /// The sinogram of the first 180 degrees, in order of the angles, for Vo's search.
    public var halfTurn: Sinogram {
        let first = anglesDegrees.min() ?? 0
        let places = anglesDegrees.indices.filter { anglesDegrees[$0] - first < 180 }
            .sorted { (anglesDegrees[$0], $0) < (anglesDegrees[$1], $1) }
        return Sinogram(columns: columns, values: places.flatMap { lines[$0 * columns..<($0 + 1) * columns] })
    }

    /// The two projections that are nearest to half a turn apart; the earliest of those that are as near.
    static func opposite(_ angles: [Double]) -> (first: Int, second: Int) {
        let sorted = angles.indices.sorted { (angles[$0], $0) < (angles[$1], $1) }
        var best = (first: sorted.first ?? 0, second: sorted.last ?? 0, error: Double.infinity)
        var upper = 0
        for place in sorted {
            // What lies half a turn further moves on with the first angle.
            while upper + 1 < sorted.count,
                abs(angles[sorted[upper + 1]] - angles[place] - 180) <= abs(angles[sorted[upper]] - angles[place] - 180)
            {
                upper += 1
            }
            let error = abs(angles[sorted[upper]] - angles[place] - 180)
            if error < best.error - 1e-9 { best = (place, sorted[upper], error) }
        }
        return (best.first, best.second)
    }

    /// The means of the flats and darks of a scan.
    private struct Reference {
        let flat: [Float]
        let dark: [Float]

        init(_ scan: OpenScan) throws {
            var means: [FrameKind: FrameMean] = [:]
            for (number, section) in scan.sections.enumerated() where section.kind != .projection {
                for index in section.range.indices {
                    let offset = index - section.range.lowerBound
                    let pixels = try scan.read(number, offset..<offset + 1, firstIndex: offset)[0]
                    scan.frame(pixels, section, offset).add(
                        to: &means[section.kind, default: FrameMean(pixelCount: scan.rows * scan.columns)])
                }
            }
            flat = means[.flat]?.mean ?? []
            dark = means[.dark]?.mean ?? Array(repeating: 0, count: flat.count)
            guard zip(flat, dark).contains(where: { $0 > $1 }) else { throw TomographyError.flatsNotBrighter }
        }

        /// The attenuations of a projection.
        func attenuation(of frame: Frame) -> [Float] {
            var values = Array(repeating: Float(0), count: flat.count)
            values.withUnsafeMutableBufferPointer { values in
                flat.withUnsafeBufferPointer { flat in
                    dark.withUnsafeBufferPointer { frame.normalise(flat: flat, dark: $0, into: values) }
                }
                Transmission.minusLog(values)
            }
            return values
        }
    }
}
