internal import PenstockEvents
internal import PenstockFormats

/// A volume in a file that slices are compared with: `/exchange/data`, `[slice, row, column]`, as `DataExchangeVolume` writes it.
///
/// Slices are read when they are asked for. With as many slices as are reconstructed each is compared with that of the same number; else the
/// number of the slice in the file is the row of the detector.
public struct ReferenceVolume: Sendable {
    /// The HDF5 file.
    public let path: String

    /// The volume at `path`, which is opened with the first slice.
    public init(_ path: String) { self.path = path }

    /// The slice of the file that belongs to a reconstructed one, float32.
    /// - Throws: `FormatError`, naming file and dataset; `TomographyError.referenceDoesNotFit`.
    func slice(like slice: ReconstructedSlice) throws -> Payload {
        let dataset = try HDF5File(opening: path).dataset("/exchange/data")
        let shape = dataset.shape
        guard shape.count == 3, shape[1] == slice.size, shape[2] == slice.size else {
            let found = shape.map(String.init).joined(separator: " x ")
            throw TomographyError.referenceDoesNotFit(
                path: path, reason: "it is \(found), and the slices are \(slice.size) x \(slice.size)")
        }
        let number = shape[0] == slice.sliceCount ? slice.slice : slice.row
        guard number < shape[0] else {
            throw TomographyError.referenceDoesNotFit(
                path: path, reason: "it has \(shape[0]) slices, and none for row \(slice.row)")
        }
        return try Payload(byteCount: 4 * slice.size * slice.size) { (bytes) throws(FormatError) in
            try dataset.read(
                Hyperslab(leading: number..<number + 1, of: shape), into: bytes.bindMemory(to: Float.self))
        }
    }
}
