internal import CTIFF

/// One open image of one channel in a TIFF file: either byte order, strips or tiles, BigTIFF, and the compressions that
/// libtiff undoes. Grey values are taken as they are stored; orientation is not applied.
public struct TIFFImage: ~Copyable {
    /// The largest block (strip or tile) in bytes, 1 GiB: a bound of memory against files made to exhaust it.
    public static let blockBytesMax = 1 << 30

    /// The number of rows.
    public let rows: Int
    /// The number of columns.
    public let columns: Int
    /// The type of the stored numbers: `u8`, `u16`, `u32` or `f32`.
    public let elementType: ElementType
    /// The text of the tag ImageDescription.
    public let imageDescription: String?

    /// The path as it was given.
    public var path: String { file.path }

    private let file: TIFFHandle

    /// Opens an image.
    /// - Parameter page: Which image of the file, from 0.
    /// - Throws: `notFound`, `notReadable`, `wrongFormat`, `truncated`; `wrongShape` where there is no such page or it
    ///   has several channels; `wrongType`, `tooLarge`.
    public init(opening path: String, page: Int = 0) throws(FormatError) {
        let file = try TIFFHandle(opening: path)
        guard page >= 0, page <= Int(UInt16.max), TIFFSetDirectory(file.tiff, tdir_t(page)) == 1 else {
            throw FormatError(.wrongShape, file: path, object: "page \(page)", "there is no such page")
        }
        let tiff = file.tiff
        let rows = Int(penstock_tiff_u32(tiff, UInt32(TIFFTAG_IMAGELENGTH)))
        let columns = Int(penstock_tiff_u32(tiff, UInt32(TIFFTAG_IMAGEWIDTH)))
        let channels = penstock_tiff_u16(tiff, UInt32(TIFFTAG_SAMPLESPERPIXEL), 1)
        let bits = penstock_tiff_u16(tiff, UInt32(TIFFTAG_BITSPERSAMPLE), 1)
        let format = Int32(penstock_tiff_u16(tiff, UInt32(TIFFTAG_SAMPLEFORMAT), UInt16(SAMPLEFORMAT_UINT)))
        guard rows > 0, columns > 0, channels == 1 else {
            throw FormatError(
                .wrongShape, file: path, object: "page \(page)",
                "has \(columns) x \(rows) pixels of \(channels) channels; one channel can be read")
        }
        let elementType: ElementType
        switch (bits, format) {
        case (8, SAMPLEFORMAT_UINT), (8, SAMPLEFORMAT_VOID): elementType = .u8
        case (16, SAMPLEFORMAT_UINT), (16, SAMPLEFORMAT_VOID): elementType = .u16
        case (32, SAMPLEFORMAT_UINT), (32, SAMPLEFORMAT_VOID): elementType = .u32
        case (32, SAMPLEFORMAT_IEEEFP): elementType = .f32
        default:
            throw FormatError(
                .wrongType, file: path, object: "page \(page)",
                "has \(bits) bits a pixel in sample format \(format); u8, u16, u32 and f32 can be read"
            )
        }
        let block = TIFFIsTiled(tiff) != 0 ? TIFFTileSize64(tiff) : TIFFStripSize64(tiff)
        guard block > 0, block <= UInt64(TIFFImage.blockBytesMax) else {
            throw FormatError(
                .tooLarge, file: path, object: "page \(page)",
                "is stored in blocks of \(block) bytes; at most \(TIFFImage.blockBytesMax) can be read")
        }
        self.rows = rows
        self.columns = columns
        self.elementType = elementType
        imageDescription = penstock_tiff_text(tiff, UInt32(TIFFTAG_IMAGEDESCRIPTION)).map { String(cString: $0) }
        self.file = file
    }

    /// The number of pixels.
    public var pixelCount: Int { rows * columns }

    /// Reads the image as 32-bit floating-point numbers; integers above 2^24 are rounded.
    /// - Precondition: `pixels` has `pixelCount` elements.
    /// - Throws: `truncated`, `readFailed`.
    public func read(into pixels: UnsafeMutableBufferPointer<Float>) throws(FormatError) {
        precondition(pixels.count == pixelCount, "the memory is not of the size of the image")
        try forEachBlock { block, place in
            switch elementType {
            case .u8: copy(block.bindMemory(to: UInt8.self), to: pixels, place) { Float($0) }
            case .u16: copy(block.bindMemory(to: UInt16.self), to: pixels, place) { Float($0) }
            case .u32: copy(block.bindMemory(to: UInt32.self), to: pixels, place) { Float($0) }
            default: copy(block.bindMemory(to: Float.self), to: pixels, place) { $0 }
            }
        }
    }

    /// Reads the image in its own type, in the machine's byte order.
    /// - Precondition: `Element` is of `elementType`, and `pixels` has `pixelCount` elements.
    /// - Throws: `truncated`, `readFailed`.
    public func readNative<Element: FormatElement>(
        into pixels: UnsafeMutableBufferPointer<Element>
    ) throws(FormatError) {
        precondition(Element.elementType == elementType, "\(path) holds \(elementType), not \(Element.elementType)")
        precondition(pixels.count == pixelCount, "the memory is not of the size of the image")
        try forEachBlock { block, place in copy(block.bindMemory(to: Element.self), to: pixels, place) { $0 } }
    }

    /// Where a block lies in the image. At the right and lower edge, tiles are wider than what is used of them.
    private struct Place {
        let row: Int
        let column: Int
        let rows: Int
        let columns: Int
        let stride: Int
    }

    private func forEachBlock(_ body: (UnsafeMutableRawBufferPointer, Place) -> Void) throws(FormatError) {
        let tiff = file.tiff
        let isTiled = TIFFIsTiled(tiff) != 0
        let size = Int(isTiled ? TIFFTileSize(tiff) : TIFFStripSize(tiff))
        let width = isTiled ? Int(penstock_tiff_u32(tiff, UInt32(TIFFTAG_TILEWIDTH))) : columns
        let height = size / (width * elementType.byteCount)
        let block = UnsafeMutableRawBufferPointer.allocate(byteCount: size, alignment: 16)
        defer { block.deallocate() }
        var index: UInt32 = 0
        for row in stride(from: 0, to: rows, by: height) {
            for column in stride(from: 0, to: columns, by: width) {
                let place = Place(
                    row: row, column: column, rows: min(height, rows - row), columns: min(width, columns - column),
                    stride: width)
                let used = tmsize_t(isTiled ? size : place.rows * width * elementType.byteCount)
                let count =
                    isTiled
                    ? TIFFReadEncodedTile(tiff, index, block.baseAddress, used)
                    : TIFFReadEncodedStrip(tiff, index, block.baseAddress, used)
                guard count == used else { throw file.error(.reading) }
                body(block, place)
                index += 1
            }
        }
    }

    private func copy<Stored, Read>(
        _ block: UnsafeMutableBufferPointer<Stored>, to pixels: UnsafeMutableBufferPointer<Read>, _ place: Place,
        _ convert: (Stored) -> Read
    ) {
        for row in 0..<place.rows {
            let from = row * place.stride
            let to = (place.row + row) * columns + place.column
            for column in 0..<place.columns { pixels[to + column] = convert(block[from + column]) }
        }
    }
}
