internal import Foundation
public import PenstockFormats

/// One slice, reconstructed by gridrec around each of some trial centres: for eyes, and for the entropy of the images.
public struct TrialSlices {
    /// The most trials.
    public static let mostTrials = 400

    /// The trial centres.
    public let centres: [Double]
    /// The entropy of each image in bits, as `ImageEntropy` has it.
    public let entropies: [Double]
    /// What the contact sheet shows of each.
    private let pictures: [(values: [Float], columns: Int)]
    private let contrast: Contrast

    /// Reconstructs the slice around every centre, one after the other.
    /// - Parameters:
    ///   - halfAcquisition: Whether the scan goes through 360 degrees with the axis near an edge of the detector. The images are then as wide as
    ///     the narrowest of all trials.
    ///   - folder: Where each image is written as float32 TIFF, `centre_00295.50.tiff`; nil for nowhere.
    ///   - overwrites: Whether a folder that exists is replaced.
    /// - Throws: `TomographyError` for angles or centres that are not finite; `FormatError` for the folder.
    public init(
        _ data: CentreData, centres: [Double], filter: ReconstructionFilter = .shepp, halfAcquisition: Bool = false,
        writingTo folder: String? = nil, overwrites: Bool = false
    ) throws {
        precondition(!centres.isEmpty && centres.count <= Self.mostTrials, "there are 1 to \(Self.mostTrials) trials")
        let stack = try TrialFolder(folder, overwrites: overwrites)
        let steps: [any SinogramStep] = halfAcquisition ? [StitchHalfAcquisition()] : []
        let size =
            try centres.map { (centre) throws(TomographyError) in
                try data.geometry(around: centre, steps).columns
            }.min() ?? data.columns
        let pool = MemoryPool()
        var entropy: ImageEntropy?
        var middle: Contrast?
        var entropies: [Double] = []
        var pictures: [(values: [Float], columns: Int)] = []
        for (number, centre) in centres.enumerated() {
            let image = try data.image(around: centre, steps, filter, pool).cut(to: size)
            try stack.write(image, size: size, centre: centre)
            let bins = entropy ?? ImageEntropy(like: image, size: size)
            entropy = bins
            entropies.append(bins.bits(of: image))
            let small = image.binned(size: size, largest: Self.pictureColumns)
            pictures.append(small)
            if number == centres.count / 2 {
                let disk = Disk(size: small.columns, ratio: 1)
                middle = Contrast((0..<small.columns).flatMap { small.values[disk.pixels(ofRow: $0)] })
            }
        }
        try stack.finish()
        self.centres = centres
        self.entropies = entropies
        self.pictures = pictures
        contrast = middle ?? Contrast([])
    }

    /// The place of the trial with the least entropy; of equal ones the first.
    public var sharpest: Int { entropies.indices.min { entropies[$0] < entropies[$1] } ?? 0 }

    /// A PNG picture of all trials with the centre written below each, in one contrast, that of the middle one.
    /// - Parameter marks: What is written below the trial that is nearest to a centre, such as the name of the method that found it.
    /// - Throws: `FormatError`, naming `file`.
    public func contactSheet(
        marks: [(name: String, centre: Double)], colours: ColourMap = .grey, file: String
    ) throws(FormatError) -> [UInt8] {
        var names = Array(repeating: [String](), count: centres.count)
        for mark in marks {
            let nearest = centres.indices.min { abs(centres[$0] - mark.centre) < abs(centres[$1] - mark.centre) } ?? 0
            names[nearest].append(mark.name)
        }
        let labelled = pictures.indices.map { place in
            LabelledPicture(
                values: pictures[place].values, columns: pictures[place].columns, contrast: contrast, colours: colours,
                lines: ["centre \(centres[place])", names[place].joined(separator: ", ")], unit: "1/px", bar: nil
            ).drawn()
        }
        return try ContactSheet(labelled).drawn().png(file: file)
    }

    /// Pictures are at most so wide; larger images are binned.
    private static let pictureColumns = 256
}

extension PendingFile {
    /// Writes an encoded PNG picture, whose name is `path` in the end.
    /// - Throws: `FormatError`, naming `path`.
    public func write(encodedPNG bytes: [UInt8], as path: String) throws(FormatError) {
        do throws(FormatError) {
            try PNGFile.write(encoded: bytes, to: temporaryPath)
        } catch {
            throw error.naming(path, insteadOf: temporaryPath)
        }
    }
}

extension CentreData {
    /// The geometry of the sinogram around a trial centre, behind the steps.
    fileprivate func geometry(
        around centre: Double, _ steps: [any SinogramStep]
    ) throws(TomographyError) -> SinogramGeometry {
        var geometry = SinogramGeometry(anglesDegrees: anglesDegrees, columns: columns, centre: centre)
        for step in steps { geometry = try step.geometry(from: geometry) }
        return geometry
    }

    /// The slice around a trial centre.
    fileprivate func image(
        around centre: Double, _ steps: [any SinogramStep], _ filter: ReconstructionFilter, _ pool: MemoryPool
    ) throws -> [Float] {
        var geometry = SinogramGeometry(anglesDegrees: anglesDegrees, columns: columns, centre: centre)
        var sinogram = Sinogram(columns: columns, values: lines)
        for step in steps {
            let next = try step.geometry(from: geometry)
            step.apply(to: &sinogram, geometry)
            geometry = next
        }
        let size = geometry.columns
        let plan = try GridrecPlan(
            columns: size, anglesRadians: geometry.anglesDegrees.map { $0.remainder(dividingBy: 360) * .pi / 180 },
            centre: geometry.centre, filter: filter)
        var image = Array(repeating: Float(0), count: size * size)
        sinogram.values.withUnsafeBufferPointer { values in
            let starts = (0..<sinogram.angles).map { values.baseAddress! + $0 * size }
            starts.withUnsafeBufferPointer { lines in
                image.withUnsafeMutableBufferPointer { image in
                    pool.reconstruct(
                        SlicePair(even: lines, odd: nil, evenImage: image.baseAddress!, oddImage: nil), by: plan)
                }
            }
        }
        return image
    }
}

extension [Float] {
    /// The part of a square image around the rotation axis that is `width` pixels wide.
    fileprivate func cut(to width: Int) -> [Float] {
        let size = Int(Double(count).squareRoot().rounded())
        guard width < size else { return self }
        // As `CropSlices` does it: the axis is on row size - 1 - size/2 and column size/2.
        let column = size / 2 - width / 2
        let row = (size - 1 - size / 2) - (width - 1 - width / 2)
        return (row..<row + width).flatMap { (line: Int) -> ArraySlice<Float> in
            let start = line * size + column
            return self[start..<start + width]
        }
    }

    /// A square image as means of as few pixels as make it at most `largest` wide; what is left at the edges is dropped.
    fileprivate func binned(size: Int, largest: Int) -> (values: [Float], columns: Int) {
        let factor = (size + largest - 1) / largest
        guard factor > 1 else { return (self, size) }
        let width = size / factor
        var result = [Float](repeating: 0, count: width * width)
        for row in 0..<width * factor {
            for column in 0..<width * factor {
                result[row / factor * width + column / factor] += self[row * size + column]
            }
        }
        return (result.map { $0 / Float(factor * factor) }, width)
    }
}

/// The folder of the trial images while it is written, or none.
private final class TrialFolder {
    private let path: String
    private var pending: PendingFolder?

    init(_ path: String?, overwrites: Bool) throws(FormatError) {
        self.path = path ?? ""
        if let path { pending = try PendingFolder(path, overwrites: overwrites) }
    }

    func write(_ image: [Float], size: Int, centre: Double) throws(FormatError) {
        guard let folder = pending?.temporaryPath else { return }
        let (whole, hundredths) = Int((centre * 100).rounded()).quotientAndRemainder(dividingBy: 100)
        let name = "centre_\(whole.fiveDigits).\(hundredths < 10 ? "0" : "")\(hundredths).tiff"
        do throws(FormatError) {
            try image.withUnsafeBufferPointer { (pixels) throws(FormatError) in
                try TIFFFile.write(
                    pixels, rows: size, columns: size, to: "\(folder)/\(name)", description: "centre \(centre)")
            }
        } catch {
            throw error.naming(path, insteadOf: folder)
        }
    }

    func finish() throws(FormatError) { try pending.take()?.commit() }
}
