internal import PenstockFormats

/// The frames of an HDF5 dataset `[frame, row, column]`; the library undoes byte order, chunks and compression.
final class HDF5Frames: StoredFrames {
    let file: String
    let name: String
    let pixelType: PixelType
    private var dataset: HDF5Dataset

    /// - Throws: `missingDataset`, `wrongShape`, `wrongType`, `unsupportedFilter`.
    init(_ name: String, of file: borrowing HDF5File) throws(FormatError) {
        let dataset = try file.dataset(name)
        guard dataset.shape.count == 3 else {
            throw FormatError(
                .wrongShape, file: file.path, object: name,
                "it has \(dataset.shape.count) dimensions, but frames are [frame, row, column]",
                hint: "is it a tomography scan? A single frame needs a first dimension of 1")
        }
        pixelType = try PixelType(reading: dataset.elementType, file: file.path, object: name)
        self.file = file.path
        self.name = name
        self.dataset = dataset
    }

    var object: String? { name }
    var count: Int { dataset.shape[0] }
    var rows: Int { dataset.shape[1] }
    var columns: Int { dataset.shape[2] }

    /// Looks at how many frames there are by now, in a file that is still written.
    func refresh() throws(FormatError) { try dataset.refresh() }

    /// Whether an attribute of this name says that nothing will be added.
    func hasMark(_ attribute: String) throws(FormatError) -> Bool { try dataset.hasMark(attribute) }

    func read(
        _ range: Range<Int>, rows: Range<Int>, into bytes: UnsafeMutableRawBufferPointer
    ) throws(FormatError) {
        let slab = Hyperslab(range, rows, 0..<columns)
        switch pixelType {
        case .u8: try dataset.read(slab, into: bytes.bindMemory(to: UInt8.self))
        case .u16: try dataset.read(slab, into: bytes.bindMemory(to: UInt16.self))
        case .u32: try dataset.read(slab, into: bytes.bindMemory(to: UInt32.self))
        case .f32: try dataset.read(slab, into: bytes.bindMemory(to: Float.self))
        }
    }
}
