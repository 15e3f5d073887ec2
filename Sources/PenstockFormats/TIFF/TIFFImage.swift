internal import CTIFF

/// An open page of a TIFF file, an image of one channel: either byte order, strips or tiles, BigTIFF, and the compressions that
/// libtiff undoes. Grey values are taken as they are stored; orientation is not applied.
public struct TIFFImage: ~Copyable {
    /// The largest block (strip or tile) in bytes, 1 GiB: a bound of memory against files made to exhaust it.
    public static let blockBytesMax = 1 << 30

    /// The number of rows.
    public var rows: Int { header.rows }
    /// The number of columns.
    public var columns: Int { header.columns }
    /// The type of the stored numbers: integers of 1, 2 or 4 bytes, or `f32`.
    public var elementType: ElementType { header.elementType }
    /// The text of the tag ImageDescription.
    public var imageDescription: String? { header.imageDescription }
    /// Which page of the file this is, from 0.
    public private(set) var page: Int

    /// The path as it was given.
    public var path: String { file.path }

    private let file: TIFFHandle
    private var header: TIFFHeader

    /// Opens a page.
    /// - Parameter page: Which image of the file, from 0.
    /// - Throws: `notFound`, `notReadable`, `wrongFormat`, `truncated`; `wrongShape` where there is no such page or it
    ///   has several channels; `wrongType`, `tooLarge`.
    public init(opening path: String, page: Int = 0) throws(FormatError) {
        let file = try TIFFHandle(opening: path)
        guard page >= 0, let number = tdir_t(exactly: page), TIFFSetDirectory(file.tiff, number) == 1 else {
            throw FormatError(.wrongShape, file: path, object: "page \(page)", "there is no such page")
        }
        header = try TIFFHeader(of: file, page: page)
        self.file = file
        self.page = page
    }

    /// Goes to another page of the file. The next page costs one step, any other the way from the first.
    /// - Throws: As opening it.
    public mutating func turn(to page: Int) throws(FormatError) {
        guard page != self.page else { return }
        let isThere =
            page == self.page + 1
            ? TIFFReadDirectory(file.tiff) == 1
            : page >= 0 && tdir_t(exactly: page).map { TIFFSetDirectory(file.tiff, $0) == 1 } ?? false
        guard isThere else {
            throw FormatError(.wrongShape, file: path, object: "page \(page)", "there is no such page")
        }
        header = try TIFFHeader(of: file, page: page)
        self.page = page
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
            case .i8: copy(block.bindMemory(to: Int8.self), to: pixels, place) { Float($0) }
            case .i16: copy(block.bindMemory(to: Int16.self), to: pixels, place) { Float($0) }
            case .i32: copy(block.bindMemory(to: Int32.self), to: pixels, place) { Float($0) }
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

    /// Reads the image in its own type, in the machine's byte order, as bytes.
    /// - Precondition: `bytes` has the size of the image.
    /// - Throws: `truncated`, `readFailed`.
    public func readNative(into bytes: UnsafeMutableRawBufferPointer) throws(FormatError) {
        let size = elementType.byteCount
        precondition(bytes.count == pixelCount * size, "the memory is not of the size of the image")
        try forEachBlock { block, place in
            for row in 0..<place.rows {
                let from = row * place.stride * size
                let to = ((place.row + row) * columns + place.column) * size
                UnsafeMutableRawBufferPointer(rebasing: bytes[to..<to + place.columns * size])
                    .copyMemory(from: UnsafeRawBufferPointer(rebasing: block[from..<from + place.columns * size]))
            }
        }
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
