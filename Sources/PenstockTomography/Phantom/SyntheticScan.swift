internal import Glibc

/// A scan of a phantom as a detector would deliver it: counts with shot noise, uneven flats, darks and, if wanted,
/// rings.
///
/// Every frame and every row can be made alone and in any order: the noise of a pixel depends on the seed, the frame
/// and the pixel only.
public struct SyntheticScan: Sendable {
    /// What is scanned; its values are relative, `attenuationPerPixel` gives them their unit.
    public let phantom: VolumePhantom
    /// Rows and columns of the detector.
    public let rows, columns: Int
    /// The angle of each projection.
    public let anglesDegrees: [Double]
    /// The column that the rotation axis projects to.
    public let centre: Double
    /// The seed of all noise.
    public let seed: UInt64
    /// Counts of the open beam, without the dark level, before its unevenness; at most 55,000, so that 16 bits hold
    /// them.
    public let openBeamCounts: Double
    /// The standard deviation of a pixel of the open beam as a part of it; 0 for exact counts.
    public let noise: Double
    /// Counts without beam.
    public let darkCounts: Double
    /// The part of the columns whose sensitivity in projections differs from that in flats, 0 for a scan without rings.
    public let ringFraction: Double
    /// The attenuation in 1/pixel of a part of value 1, chosen so that the thickest path keeps `leastTransmission`.
    public let attenuationPerPixel: Double

    /// A scan over these angles.
    /// - Parameters:
    ///   - leastTransmission: The transmission along the thickest path through the middle row, 0 to 1.
    ///   - noise: The standard deviation of a pixel of the open beam as a part of it, 0 for exact counts; by default that of as many
    ///     photons as there are counts.
    public init(
        phantom: VolumePhantom, rows: Int, columns: Int, anglesDegrees: [Double], centre: Double, seed: UInt64,
        openBeamCounts: Double = 45_000, darkCounts: Double = 100, leastTransmission: Double = 0.2,
        ringFraction: Double = 0, noise: Double? = nil
    ) {
        precondition(rows > 0 && columns > 0, "a detector has rows and columns")
        precondition((0.0...55_000).contains(openBeamCounts), "16 bits hold at most 55,000 counts of an uneven beam")
        precondition(leastTransmission > 0 && leastTransmission < 1, "a transmission lies between 0 and 1")
        self.phantom = phantom
        self.rows = rows
        self.columns = columns
        self.anglesDegrees = anglesDegrees
        self.centre = centre
        self.seed = seed
        self.openBeamCounts = openBeamCounts
        self.darkCounts = darkCounts
        self.noise = noise ?? 1 / sqrt(openBeamCounts)
        self.ringFraction = ringFraction
        let middle = phantom.slice(row: rows / 2)
        let paths = (0..<8).flatMap { eighth in
            middle.projection(angleRadians: Double(eighth) * .pi / 8, columns: columns, centre: centre, samples: 1)
        }
        attenuationPerPixel = -log(leastTransmission) / Double(max(paths.max() ?? 0, 1e-6))
    }

    /// The counts of some rows of one projection, [row, column].
    public func projection(_ index: Int, rows range: Range<Int>? = nil) -> [UInt16] {
        let angle = anglesDegrees[index] * .pi / 180
        return (range ?? 0..<rows).flatMap { row in
            let paths = phantom.slice(row: row).projection(angleRadians: angle, columns: columns, centre: centre)
            return counts(row: row, frame: .projection, index: index) { column in
                exp(-attenuationPerPixel * Double(paths[column])) * sensitivity(row: row, column: column)
            }
        }
    }

    /// The counts of some rows of one frame with beam and without sample, [row, column].
    public func flat(_ index: Int, rows range: Range<Int>? = nil) -> [UInt16] {
        (range ?? 0..<rows).flatMap { counts(row: $0, frame: .flat, index: index) { _ in 1 } }
    }

    /// The counts of some rows of one frame without beam, [row, column].
    public func dark(_ index: Int, rows range: Range<Int>? = nil) -> [UInt16] {
        (range ?? 0..<rows).flatMap { counts(row: $0, frame: .dark, index: index) { _ in 0 } }
    }

    /// The slice of one row in 1/pixel, [row, column], as a reconstruction would show it.
    public func truth(row: Int, samples: Int = 4) -> [Float] {
        var slice = phantom.slice(row: row)
        for index in slice.ellipses.indices { slice.ellipses[index].value *= attenuationPerPixel }
        return slice.image(size: columns, samples: samples)
    }

    /// Streams of random numbers, apart for each kind of frame and for what belongs to the detector.
    private enum Frame: UInt64 {
        case projection, flat, dark, beam, darkPattern, rings
    }

    private func counts(row: Int, frame: Frame, index: Int, transmission: (Int) -> Double) -> [UInt16] {
        (0..<columns).map { column in
            let beam = openBeamCounts * unevenness(row: row, column: column) * transmission(column)
            let level = darkCounts * (0.9 + 0.2 * pattern(.darkPattern, row: row, column: column))
            var random = CounterRandom(
                seed: seed, stream: frame.rawValue << 32 | UInt64(index), item: UInt64(row * columns + column))
            return UInt16(min(count(mean: beam + level, &random), Double(UInt16.max)).rounded())
        }
    }

    /// A count with the noise of as many photons as give the scan's `noise` in the open beam.
    private func count(mean: Double, _ random: inout CounterRandom) -> Double {
        guard noise > 0 else { return mean }
        let countsPerPhoton = openBeamCounts * noise * noise
        return countsPerPhoton * Double(random.poisson(mean: mean / countsPerPhoton))
    }

    /// The beam's profile: broad in both directions, with a fine fixed pattern of 2 %.
    private func unevenness(row: Int, column: Int) -> Double {
        let x = Double(column) / Double(columns) - 0.5
        let y = Double(row) / Double(rows) - 0.5
        let broad = 1 - 0.4 * x * x - 0.3 * y * y + 0.03 * sin(25 * x + 4 * y)
        return broad * (0.99 + 0.02 * pattern(.beam, row: row, column: column))
    }

    private func sensitivity(row: Int, column: Int) -> Double {
        guard ringFraction > 0, pattern(.rings, row: 0, column: column) < ringFraction else { return 1 }
        return 0.98 + 0.04 * pattern(.rings, row: row + 1, column: column)
    }

    /// A number in 0 ..< 1 that belongs to a pixel of the detector.
    private func pattern(_ frame: Frame, row: Int, column: Int) -> Double {
        var random = CounterRandom(seed: seed, stream: frame.rawValue << 32, item: UInt64(row * columns + column))
        return random.uniform()
    }
}
